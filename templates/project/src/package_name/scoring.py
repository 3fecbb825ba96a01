"""How a model answers: by writing (greedy), and by ranking every allowed answer.

What all prompts begin with (instructions, label list, examples) is computed once.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import DynamicCache

from .chat_tokens import Tokenizer, decode_answer

Ids = list[int]


class Prefix(NamedTuple):
    """The tokens that all prompts begin with, and the model's state after them."""

    ids: torch.Tensor  # [1, tokens]
    cache: DynamicCache


@torch.inference_mode()
def write_answers(
    model: PeftModel,
    tokenizer: Tokenizer,
    prompts: Sequence[Ids],
    *,
    stops: Sequence[int],
    limit: int,
    batch_size: int,
) -> list[str]:
    """The most likely continuation of each prompt, up to a stop token or `limit` tokens."""
    prefix = _read_prefix(model, prompts)
    shared = prefix.ids.shape[1]
    answers = [""] * len(prompts)
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(by_length), batch_size):
        chosen = by_length[start : start + batch_size]
        own = tokenizer.pad(
            {"input_ids": [list(prompts[i][shared:]) for i in chosen]}, return_tensors="pt"
        ).to(model.device)
        first = prefix.ids.expand(len(chosen), -1)
        cache = copy.deepcopy(prefix.cache)
        cache.batch_repeat_interleave(len(chosen))
        ids = torch.cat([first, own["input_ids"]], dim=1)
        written = model.generate(
            input_ids=ids,
            attention_mask=torch.cat([torch.ones_like(first), own["attention_mask"]], dim=1),
            cache=cache,
            do_sample=False,
            max_new_tokens=limit,
            eos_token_id=list(stops),
            pad_token_id=tokenizer.pad_token_id,
        )
        for i, tokens in zip(chosen, written[:, ids.shape[1] :].tolist(), strict=True):
            answers[i] = decode_answer(tokens, tokenizer, stops)
    return answers


@torch.inference_mode()
def rank_answers(
    model: PeftModel, prompts: Sequence[Ids], answers: Sequence[Ids]
) -> NDArray[np.float64]:
    """Log-probability of each whole answer after each prompt, end of turn included.

    Shape [prompts, answers]. A prompt costs one pass: all answers stand side by side behind it,
    each blind to the others.
    """
    tokens = torch.tensor([token for answer in answers for token in answer])
    owner = torch.tensor([i for i, answer in enumerate(answers) for _ in answer])
    depth = torch.tensor([place for answer in answers for place in range(len(answer))])
    beside = (owner[:, None] == owner) & (depth[:, None] >= depth)
    # an answer's first token follows the prompt, every other one the token before it
    predictor = torch.where(depth == 0, 0, torch.arange(len(tokens)))

    prefix = _read_prefix(model, prompts)
    shared = prefix.ids.shape[1]
    scores = np.empty((len(prompts), len(answers)))
    for row, prompt in enumerate(prompts):
        rest = torch.tensor(prompt[shared:])
        own, total = len(rest), len(rest) + len(tokens)
        sees = torch.ones(total, shared + total, dtype=torch.bool)
        sees[:own, shared:] = torch.ones(own, total, dtype=torch.bool).tril()
        sees[own:, shared + own :] = beside
        hidden = torch.finfo(model.dtype).min
        logits = model(
            input_ids=torch.cat([rest, tokens])[None].to(model.device),
            attention_mask=torch.where(sees, 0.0, hidden).to(model.device, model.dtype)[None, None],
            position_ids=(shared + torch.cat([torch.arange(own), own + depth]))[None].to(
                model.device
            ),
            cache=prefix.cache,
            use_cache=True,
            logits_to_keep=torch.arange(own - 1, total, device=model.device),
        ).logits[0]
        prefix.cache.crop(-total)
        likely = logits.float().log_softmax(dim=-1).cpu()[predictor, tokens]
        scores[row] = torch.zeros(len(answers)).index_add(0, owner, likely).numpy()
    return scores


def _read_prefix(model: PeftModel, prompts: Sequence[Ids]) -> Prefix:
    first, last = min(prompts), max(prompts)  # in order, so that what these share, all share
    longest = min(len(prompt) for prompt in prompts) - 1  # each keeps a token of its own
    same = (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    ids = torch.tensor([list(first[: min(next(same, longest), longest)])], device=model.device)
    cache = DynamicCache(config=model.config)
    model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
    return Prefix(ids, cache)
