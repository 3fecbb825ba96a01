"""How projects trained and answered before logits were computed as one matrix, to compare with.

Training kept the last columns of a batch that is padded on the left; PyTorch copies the vocabulary
matrix once a row for such a slice. Evaluation read the prompts twice, ranked row by row, and let
`generate` write.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

Ids = list[int]


class LeftPadding:
    """A batch with logits in its last columns."""

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, examples: Sequence[Any]) -> dict[str, Any]:
        longest = max(len(example.ids) for example in examples)
        kept = max(len(example.ids) - example.answer_start for example in examples) + 1
        ids, mask, labels = [], [], []
        for example in examples:
            padding = longest - len(example.ids)
            learned = example.ids[example.answer_start :]
            ids.append([self.pad_id] * padding + example.ids)
            mask.append([0] * padding + [1] * len(example.ids))
            labels.append([-100] * (kept - len(learned)) + learned)
        attention = torch.tensor(mask)
        return {
            "input_ids": torch.tensor(ids),
            "attention_mask": attention,
            "position_ids": (attention.cumsum(dim=1) - 1).clamp(min=0),
            "labels": torch.tensor(labels),
            "logits_to_keep": kept,
        }


@torch.inference_mode()
def generate(
    model: Any, prompts: Sequence[Ids], *, stops: Sequence[int], limit: int, pad_id: int, batch: int
) -> list[Ids]:
    """The tokens that `model.generate` gives after each prompt, in batches of like length."""
    shared, prefix = _read_prefix(model, prompts)
    written: list[Ids] = [[] for _ in prompts]
    by_length = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
    for start in range(0, len(by_length), batch):
        rows = by_length[start : start + batch]
        longest = max(len(prompts[row]) for row in rows)
        ids = torch.full((len(rows), longest), pad_id)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            own = prompts[row][shared:]
            ids[place, :shared], mask[place, :shared] = torch.tensor(prompts[row][:shared]), 1
            ids[place, longest - len(own) :] = torch.tensor(own)
            mask[place, longest - len(own) :] = 1
        cache = copy.deepcopy(prefix)
        cache.batch_repeat_interleave(len(rows))
        tokens = model.generate(
            input_ids=ids,
            attention_mask=mask,
            cache=cache,
            do_sample=False,
            max_new_tokens=limit,
            eos_token_id=list(stops),
            pad_token_id=pad_id,
        )
        for row, new in zip(rows, tokens[:, longest:].tolist(), strict=True):
            written[row] = new
    return written


@torch.inference_mode()
def score_candidates(model: Any, prompts: Sequence[Ids], answers: Sequence[Ids]) -> Any:
    """The log-probability of each answer after each prompt, a row at a time."""
    tokens = torch.tensor([token for answer in answers for token in answer])
    owner = torch.tensor([number for number, answer in enumerate(answers) for _ in answer])
    depth = torch.tensor([place for answer in answers for place in range(len(answer))])
    beside = (owner[:, None] == owner) & (depth[:, None] >= depth)
    predictor = torch.where(depth == 0, 0, torch.arange(len(tokens)))
    shared, cache = _read_prefix(model, prompts)
    scores = np.empty((len(prompts), len(answers)))
    for row, prompt in enumerate(prompts):
        rest = torch.tensor(prompt[shared:])
        own, total = len(rest), len(rest) + len(tokens)
        sees = torch.ones(total, shared + total, dtype=torch.bool)
        sees[:own, shared:] = torch.ones(own, total, dtype=torch.bool).tril()
        sees[own:, shared + own :] = beside
        hidden = torch.finfo(model.dtype).min
        logits = model(
            input_ids=torch.cat([rest, tokens])[None],
            attention_mask=torch.where(sees, 0.0, hidden).to(model.dtype)[None, None],
            position_ids=(shared + torch.cat([torch.arange(own), own + depth]))[None],
            cache=cache,
            use_cache=True,
            logits_to_keep=torch.arange(own - 1, total),
        ).logits[0]
        cache.crop(-total)
        likely = logits.float().log_softmax(dim=-1)[predictor, tokens]
        scores[row] = torch.zeros(len(answers)).index_add(0, owner, likely).numpy()
    return scores


def _read_prefix(model: Any, prompts: Sequence[Ids]) -> tuple[int, DynamicCache]:
    first, last = min(prompts), max(prompts)
    longest = min(len(prompt) for prompt in prompts) - 1
    same = (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    shared = min(next(same, longest), longest)
    cache = DynamicCache(config=model.config)
    model(input_ids=torch.tensor([first[:shared]]), cache=cache, use_cache=True, logits_to_keep=1)
    return shared, cache
