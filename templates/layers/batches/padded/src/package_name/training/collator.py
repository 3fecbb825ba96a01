"""Examples as padded batches, with logits for the target's tokens only."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .examples import Example


class TargetCollator:
    """Examples as one batch, with logits only at the positions that predict a token of a target.

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
            # each token of a target is predicted by the token before it
            predicts[row, example.answer_start - 1 : len(example.ids) - 1] = True
        answers = torch.tensor([id for each in examples for id in each.ids[each.answer_start :]])
        # `shift_labels`: transformers must not shift these labels against the logits once more
        return {
            "input_ids": ids,
            "labels": answers,
            "shift_labels": answers,
            "logits_to_keep": predicts,
        }
