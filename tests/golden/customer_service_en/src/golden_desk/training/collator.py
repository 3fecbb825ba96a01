"""Batches: padding, and the order of the rows."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from .examples import Example

IGNORE_INDEX = -100  # torch.nn.CrossEntropyLoss leaves these labels out


def build_training_order(sizes: Sequence[int], batch: int, batches: int, seed: int) -> list[int]:
    """The examples of every batch of a run: epochs in random order, batches of like length.

    Like lengths leave little padding. The order depends on the seed alone, so that a resumed run
    goes on with exactly the rows the interrupted one would have seen.
    """
    chance = random.Random(seed)
    stream: list[int] = []
    while len(stream) < batch * batches:
        epoch = list(range(len(sizes)))
        chance.shuffle(epoch)
        stream += epoch
    order: list[int] = []
    pool = batch * 16  # sorted pools, not a sorted epoch: what follows what stays random
    for start in range(0, batch * batches, pool):
        alike = sorted(stream[start : min(start + pool, batch * batches)], key=lambda i: sizes[i])
        groups = [alike[first : first + batch] for first in range(0, len(alike), batch)]
        chance.shuffle(groups)
        order += [index for group in groups for index in group]
    return order


class TargetCollator:
    """Examples as one batch, with logits at the positions that predict an answer's token only.

    The model then multiplies its vocabulary matrix with one [answer tokens, hidden] matrix: with a
    vocabulary of tens of thousands, logits are among the largest tensors of a step. A slice of each
    row would also do, but it is not contiguous, and PyTorch then copies the vocabulary matrix once
    a row. Rows are padded on the right, where causal attention never looks back from a token: no
    padding mask is needed.
    """

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """The batch as the model's keyword arguments."""
        longest = max(len(example.ids) for example in examples)
        ids = torch.full((len(examples), longest), self.pad_id)
        predicts = torch.zeros_like(ids, dtype=torch.bool)
        for row, example in enumerate(examples):
            ids[row, : len(example.ids)] = torch.tensor(example.ids)
            # each token of the answer is predicted by the token before it
            predicts[row, example.answer_start - 1 : len(example.ids) - 1] = True
        answers = torch.tensor([id for each in examples for id in each.ids[each.answer_start :]])
        # `shift_labels`: transformers must not shift these labels against the logits once more
        return {
            "input_ids": ids,
            "labels": answers,
            "shift_labels": answers,
            "logits_to_keep": predicts,
        }
