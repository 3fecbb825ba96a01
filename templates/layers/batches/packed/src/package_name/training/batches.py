"""The batches of a run: the rows of a step, packed into sequences of several rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..config import TrainingConfig
from ..model.method import CAN_CHECKPOINT
from ..runtime.messages import fill
from ..runtime.output import say
from .examples import Example
from .packs import pack_steps
from .steps import TrainingSteps


class Batches(NamedTuple):
    """What the Trainer takes in turn, and how much of it makes up a step."""

    train: Sequence[Sequence[Example]]
    validation: Sequence[Sequence[Example]]
    batch_size: int
    gradient_accumulation_steps: int


def suggest_less_memory(settings: TrainingConfig) -> str:
    """What lowers the memory of training, and changes least of what is learned."""
    if CAN_CHECKPOINT and not settings.gradient_checkpointing:
        return fill("set training.gradient_checkpointing to true")
    if settings.max_packed_tokens > settings.max_length:
        return fill("lower training.max_packed_tokens, to training.max_length at the least")
    return fill("lower training.max_length, and training.max_packed_tokens with it")


def build_batches(
    train: Sequence[Example],
    validation: Sequence[Example],
    steps: TrainingSteps,
    settings: TrainingConfig,
) -> Batches:
    """The rows of every step in sequences, as many in each step; validation rows have their own.

    A step has the rows that it would have without packing, and its loss is the mean of all their
    answers' tokens, however they are spread over sequences and processes.
    """
    rows = steps.rows_per_step
    chunks = [steps.order[start : start + rows] for start in range(0, len(steps.order), rows)]
    sequences = pack_steps(
        [[len(train[index].ids) for index in chunk] for chunk in chunks],
        settings.max_packed_tokens,
        settings.processes,
        most=rows // settings.processes,
    )
    packed = [
        [train[chunk[row]] for row in sequence]
        for chunk, of_step in zip(chunks, sequences, strict=True)
        for sequence in of_step
    ]
    with_rows = sum(map(bool, packed))
    say(
        "packed: a step is about {passes:.1f} passes of up to {longest:,} tokens instead of "
        "{unpacked}",
        passes=with_rows / len(chunks) / settings.processes,
        longest=max(sum(len(row.ids) for row in sequence) for sequence in packed),
        unpacked=settings.gradient_accumulation_steps,
    )
    passes = len(packed) // (len(chunks) * settings.processes)
    return Batches(packed, [[row] for row in validation], 1, passes)
