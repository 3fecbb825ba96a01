"""The batches of a run: rows of about the same length, padded to the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..config import TrainingConfig
from .examples import Example
from .steps import TrainingSteps

LESS_MEMORY_HINT = "halve training.batch_size and double training.gradient_accumulation_steps"


class Batches(NamedTuple):
    """What the Trainer takes in turn, and how much of it makes up a step."""

    train: Sequence[Example]
    validation: Sequence[Example]
    batch_size: int
    gradient_accumulation_steps: int


def build_batches(
    train: Sequence[Example],
    validation: Sequence[Example],
    steps: TrainingSteps,
    settings: TrainingConfig,
) -> Batches:
    """The examples in the order of the steps."""
    assert isinstance(settings.batch_size, int)
    return Batches(
        [train[index] for index in steps.order],
        validation,
        settings.batch_size,
        settings.gradient_accumulation_steps,
    )
