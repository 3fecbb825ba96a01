"""How a model answers: by writing (greedy), and by ranking every allowed answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import DynamicCache

from .model import Tokenizer


@torch.inference_mode()
def write_answers(
    model: nn.Module,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    *,
    end_of_turn: int,
    limit: int,
    batch_size: int,
) -> list[str]:
    """The most likely continuation of each prompt, up to its end of turn or `limit` tokens."""
    answers = [""] * len(prompts)
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(by_length), batch_size):
        chosen = by_length[start : start + batch_size]
        batch = tokenizer.pad(
            {"input_ids": [list(prompts[i]) for i in chosen]}, return_tensors="pt"
        )
        written = model.generate(
            **batch.to(model.device),
            do_sample=False,
            max_new_tokens=limit,
            eos_token_id=end_of_turn,
            pad_token_id=tokenizer.pad_token_id,
        )
        new = written[:, batch["input_ids"].shape[1] :]
        for i, text in zip(
            chosen, tokenizer.batch_decode(new, skip_special_tokens=True), strict=True
        ):
            answers[i] = text
    return answers


@torch.inference_mode()
def rank_answers(
    model: nn.Module, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Log-probability of each whole answer after each prompt, end of turn included.

    Shape [prompts, answers]. A prompt costs one pass: what all prompts begin with is computed once,
    and all answers stand side by side behind the prompt, each blind to the others.
    """
    device = model.device
    tokens = torch.tensor([token for answer in answers for token in answer])
    owner = torch.tensor([i for i, answer in enumerate(answers) for _ in answer])
    depth = torch.tensor([d for answer in answers for d in range(len(answer))])
    beside = (owner[:, None] == owner) & (depth[:, None] >= depth)
    # an answer's first token follows the prompt, every other one the token before it
    predictor = torch.where(depth == 0, 0, torch.arange(len(tokens)))

    shared = _common_prefix(prompts)
    cache = DynamicCache(config=model.config)
    if shared:
        prefix = torch.tensor([list(prompts[0][:shared])], device=device)
        model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
    scores = np.empty((len(prompts), len(answers)))
    for row, prompt in enumerate(prompts):
        rest = torch.tensor(prompt[shared:])
        own, total = len(rest), len(rest) + len(tokens)
        sees = torch.zeros(total, shared + total, dtype=torch.bool)
        sees[:, :shared] = True
        sees[:own, shared : shared + own] = torch.ones(own, own).tril().bool()
        sees[own:, shared : shared + own] = True
        sees[own:, shared + own :] = beside
        hidden = torch.finfo(model.dtype).min
        logits = model(
            input_ids=torch.cat([rest, tokens])[None].to(device),
            attention_mask=torch.where(sees, 0.0, hidden).to(device, model.dtype)[None, None],
            position_ids=(shared + torch.cat([torch.arange(own), own + depth]))[None].to(device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=torch.arange(own - 1, total, device=device),
        ).logits[0]
        cache.crop(shared)
        likely = logits.float().log_softmax(dim=-1)[predictor.to(device), tokens.to(device)].cpu()
        scores[row] = torch.zeros(len(answers)).index_add(0, owner, likely).numpy()
    return scores


def _common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, leaving each at least one of its own."""
    low, high = min(prompts), max(prompts)
    shortest = min(len(prompt) for prompt in prompts) - 1
    same = (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return min(next(same, shortest), shortest)
