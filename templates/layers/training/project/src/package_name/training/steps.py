"""The steps of a run: which rows each of them has, and its share of the learning rate."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..config import Config, ModelConfig, TrainingConfig
from ..model.adapter import TunedModel
from ..runtime.output import say
from .collator import TargetCollator
from .examples import Example

BATCHES_SORTED_TOGETHER = 16  # whole epochs sorted by length would no longer be in random order


class TrainingInputs(NamedTuple):
    """What a run is planned from."""

    config: Config
    train: Sequence[Example]
    validation: Sequence[Example]
    collate: TargetCollator
    load: Callable[[ModelConfig], TunedModel]  # the model to train
    start_time: float  # by time.monotonic


class TrainingSteps(NamedTuple):
    """The steps of all epochs."""

    order: list[int]  # the examples, one after the other
    tokens: list[int]  # of each step

    @property
    def rows_per_step(self) -> int:
        """The rows of one step."""
        return len(self.order) // len(self.tokens)


@dataclass
class StepPlan:
    """The number of steps of a run, and the share of the learning rate that each step has.

    The plan is the function of the learning-rate scheduler, so the Trainer saves its plain values
    in every checkpoint.
    """

    steps: int
    schedule: str
    warmup_ratio: float  # share of the steps
    seconds_spent: float = 0.0
    seconds_of_validation: float = 0.0  # of one; 0 until the first was timed

    def __call__(self, step: int) -> float:
        """The share of the learning rate, at the middle of the step: no update is lost at 0."""
        progress = min(1.0, self.progress(step + 0.5))
        if progress < self.warmup_ratio:
            return progress / self.warmup_ratio
        falling = (progress - self.warmup_ratio) / (1 - self.warmup_ratio)
        curves = {
            "linear": 1 - falling,
            "cosine": (1 + math.cos(math.pi * falling)) / 2,
            "constant_with_warmup": 1.0,
        }
        return curves[self.schedule]

    def progress(self, step: float) -> float:
        """The share of the run that is done after so many steps."""
        return step / self.steps

    def count_marks_reached(self, step: int, count: int) -> int:
        """The number of `count` marks, spread evenly over the run, that are reached at a step."""
        return int(self.progress(step) * count + 1e-9)


def build_steps(examples: Sequence[Example], settings: TrainingConfig, seed: int) -> TrainingSteps:
    """The steps of all epochs; which rows a step has does not depend on how many are trained."""
    assert isinstance(settings.batch_size, int)
    rows_per_step = settings.batch_size * settings.gradient_accumulation_steps * settings.processes
    count = math.ceil(len(examples) * settings.epochs / rows_per_step)
    sizes = [len(example.ids) for example in examples]
    batches = count * rows_per_step // settings.batch_size
    order = order_by_length(sizes, settings.batch_size, batches, seed)
    starts = range(0, len(order), rows_per_step)
    tokens = [sum(sizes[row] for row in order[start : start + rows_per_step]) for start in starts]
    return TrainingSteps(order, tokens)


def print_steps(planned: int, steps: TrainingSteps, *, rows: int, validation: int) -> None:
    """Print how many steps are trained, and how much of the rows they see."""
    chosen = steps.order[: planned * steps.rows_per_step]
    say(
        "{steps:,} steps of {rows} rows: {epochs:.2f} epochs, {seen:,} of {all:,} rows; validation "
        "on {validation:,} rows",
        steps=planned,
        rows=steps.rows_per_step,
        epochs=len(chosen) / rows,
        seen=len(set(chosen)),
        all=rows,
        validation=validation,
    )


def order_by_length(sizes: Sequence[int], batch: int, batches: int, seed: int) -> list[int]:
    """The examples of every batch of a run: epochs in random order, batches of like length.

    Like lengths leave little padding where rows are padded, and where they are packed, a step has
    the same rows. The order depends on the seed alone, so that a resumed run goes on with exactly
    the rows that the interrupted one would have seen.
    """
    random_state = random.Random(seed)
    stream: list[int] = []
    while len(stream) < batch * batches:
        epoch = list(range(len(sizes)))
        random_state.shuffle(epoch)
        stream += epoch
    order: list[int] = []
    pool = batch * BATCHES_SORTED_TOGETHER
    for start in range(0, batch * batches, pool):
        alike = sorted(stream[start : min(start + pool, batch * batches)], key=lambda i: sizes[i])
        groups = [alike[first : first + batch] for first in range(0, len(alike), batch)]
        random_state.shuffle(groups)
        order += [index for group in groups for index in group]
    return order
