"""Whole rows one after the other in a sequence, with logits for the targets' tokens only."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .examples import Example


class TargetCollator:
    """Sequences of rows as one batch, with logits only where a token of a target is predicted.

    The model then multiplies its vocabulary matrix with one [answer tokens, hidden] matrix: with a
    vocabulary of tens of thousands, logits are among the largest tensors of a step.

    The positions begin at 0 with every row. Where there is neither a mask of the padding nor a
    cache, transformers takes from them which tokens are of one row, and lets no row see another.
    Sequences are padded on the right, where causal attention never looks back from a token. One
    without rows is a token of padding, which adds nothing to the loss.
    """

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, sequences: Sequence[Sequence[Example]]) -> dict[str, torch.Tensor | bool]:
        """The batch as the model's keyword arguments."""
        longest = max(1, *(sum(len(row.ids) for row in rows) for rows in sequences))
        ids = torch.full((len(sequences), longest), self.pad_id)
        positions = torch.zeros_like(ids)
        predicts = torch.zeros_like(ids, dtype=torch.bool)
        for number, rows in enumerate(sequences):
            start = 0
            for row in rows:
                end = start + len(row.ids)
                ids[number, start:end] = torch.tensor(row.ids)
                # padding goes on with the positions of the last row: it is no row of its own
                positions[number, start:] = torch.arange(longest - start)
                # each token of a target is predicted by the token before it
                predicts[number, start + row.answer_start - 1 : end - 1] = True
                start = end
        answers = torch.tensor(
            [id for rows in sequences for row in rows for id in row.ids[row.answer_start :]],
            dtype=torch.long,
        )
        # `shift_labels`: transformers must not shift these labels against the logits once more
        return {
            "input_ids": ids,
            "position_ids": positions,
            "labels": answers,
            "shift_labels": answers,
            "logits_to_keep": predicts,
            "use_cache": False,
        }
