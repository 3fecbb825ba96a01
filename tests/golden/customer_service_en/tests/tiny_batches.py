"""How the tests make batches, and the settings that they train a tiny model with."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from golden_desk.training.collator import TargetCollator
from golden_desk.training.examples import Example

TINY_BATCHES: dict[str, object] = {}


def collate(examples: Sequence[Example], pad_id: int) -> dict[str, torch.Tensor]:
    """The examples as one batch."""
    return TargetCollator(pad_id)(examples)
