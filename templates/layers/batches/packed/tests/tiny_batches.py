"""How the tests make batches, and the settings that they train a tiny model with."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from package_name.training.collator import TargetCollator
from package_name.training.examples import Example

TINY_BATCHES: dict[str, object] = {"max_packed_tokens": 1024}


def collate(examples: Sequence[Example], pad_id: int) -> dict[str, torch.Tensor]:
    """The examples as one batch, all in one sequence."""
    return TargetCollator(pad_id)([examples])  # type: ignore[return-value]
