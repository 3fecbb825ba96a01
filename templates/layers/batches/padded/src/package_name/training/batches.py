"""The batches of a run: rows of about the same length, padded to the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..config import TrainingConfig
from ..model.method import CAN_CHECKPOINT
from ..runtime.messages import fill
from .examples import Example
from .steps import TrainingSteps


class Batches(NamedTuple):
    """What the Trainer takes in turn, and how much of it makes up a step."""

    train: Sequence[Example]
    validation: Sequence[Example]
    batch_size: int
    gradient_accumulation_steps: int


def suggest_less_memory(settings: TrainingConfig) -> str:
    """What lowers the memory of training, and changes least of what is learned."""
    if CAN_CHECKPOINT and not settings.gradient_checkpointing:
        return fill("set training.gradient_checkpointing to true")
    if settings.batch_size != 1:
        return fill("halve training.batch_size and double training.gradient_accumulation_steps")
    return fill("lower training.max_length")


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
