"""How many steps a run has: all epochs, or what its time budget allows, corrected as it trains."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from ..config import TrainingConfig
from ..model.device import get_world_size
from ..runtime.output import say
from .collator import build_training_order
from .examples import Example

# of a training budget; the rest is for validation and checkpoints
TRAINING_SHARE = 0.85
# SmolLM2-135M at 1.0e-3: the loss fell from 6.9 to 0.8 in 32 steps of 8 rows, and slowly after
MIN_USEFUL_STEPS = 30
MIN_USEFUL_EPOCHS = 0.5
# A plan is kept while it differs by less from what the speed allows, so that a machine of steady
# speed keeps one learning-rate curve from the first step to the last.
REPLAN_TOLERANCE = 0.1


@dataclass
class StepPlan:
    """How far a run goes, and what share of the learning rate each step has: call it with a step.

    The learning rate follows the progress through the run. Where the plan changes, it goes on from
    the progress made: the curve has no jump, and always ends with the last step. The Trainer saves
    these plain values in every checkpoint, as the state of the learning-rate schedule.
    """

    steps: int
    schedule: str
    warmup_ratio: float
    # the last change of plan: at which step, and how far the run was
    changed_at: int = 0
    progress_then: float = 0.0
    changes: list[list[int]] = field(default_factory=list)  # [step, planned steps]
    seconds_spent: float = 0.0
    seconds_of_validation: float = 0.0  # of one; 0 until the first was timed

    def __call__(self, step: int) -> float:
        """The share of the learning rate, at the middle of the step: no update is lost at 0."""
        progress = min(1.0, self.progress(step + 0.5))
        if progress < self.warmup:
            return progress / self.warmup
        falling = (progress - self.warmup) / (1 - self.warmup)
        curves = {
            "linear": 1 - falling,
            "cosine": (1 + math.cos(math.pi * falling)) / 2,
            "constant_with_warmup": 1.0,
        }
        return curves[self.schedule]

    def progress(self, step: float) -> float:
        """How far the run is after so many steps: 0 at its start, 1 at its end."""
        part = (step - self.changed_at) / (self.steps - self.changed_at)
        return self.progress_then + (1 - self.progress_then) * part

    def marks(self, step: int, count: int) -> int:
        """How many of `count` marks, spread evenly over the run, are reached after a step."""
        return int(self.progress(step) * count + 1e-9)

    def change(self, step: int, steps: int) -> None:
        """Go on from this step towards another number of steps."""
        self.progress_then, self.changed_at, self.steps = self.progress(step), step, steps
        self.changes.append([step, steps])


class TimeBudget:
    """The time of a run, and the steps that fit into what is left of it."""

    def __init__(self, settings: TrainingConfig, tokens_of_steps: Sequence[int]) -> None:
        assert settings.time_budget_minutes is not None
        self.seconds = settings.time_budget_minutes * 60
        self.validations = settings.num_evaluations
        # Frozen weights need no gradient of their own: a step is a forward pass and one backward
        # through the activations, and checkpointing adds another forward pass.
        self.passes = 3 if settings.gradient_checkpointing else 2
        self.tokens = list(accumulate(tokens_of_steps))  # until the end of each step

    def first_plan(self, spent: float, speed: float) -> int:
        """The steps that fit at so many tokens a second, before the first was trained."""
        return self._fitting(0, (self.seconds - spent) * TRAINING_SHARE, speed)

    def correct(self, plan: StepPlan, step: int, speed: float) -> bool:
        """Change the plan where the speed of the last steps calls for another; say whether."""
        validations = self.validations - plan.marks(step, self.validations)
        each = plan.seconds_of_validation or self.seconds * (1 - TRAINING_SHARE) / self.validations
        left = self.seconds - plan.seconds_spent - validations * each
        fitting = self._fitting(step, left, speed)
        if abs(fitting - plan.steps) <= max(1, REPLAN_TOLERANCE * (plan.steps - step)):
            return False
        plan.change(step, fitting)
        return True

    def validation_rows(self, tokens_of_rows: Sequence[int], speed: float) -> int:
        """The first rows that fit into the part of the budget that one validation has."""
        seconds = self.seconds * (1 - TRAINING_SHARE) / self.validations
        fitting = bisect_right(list(accumulate(tokens_of_rows)), seconds * speed * self.passes)
        return max(1, fitting)

    def _fitting(self, step: int, seconds: float, speed: float) -> int:
        """The number of steps whose tokens fit, at least one more than were trained."""
        done = self.tokens[step - 1] if step else 0
        return max(step + 1, bisect_right(self.tokens, done + seconds * speed))


class TrainingSteps(NamedTuple):
    """All steps of a run, as its epochs have them."""

    order: list[int]  # the examples, one after the other
    tokens: list[int]  # of each step


def build_steps(examples: Sequence[Example], settings: TrainingConfig, seed: int) -> TrainingSteps:
    """The steps of all epochs; which rows a step has does not depend on how many are trained."""
    assert settings.batch_size != "auto"
    a_step = settings.batch_size * settings.gradient_accumulation_steps * get_world_size()
    count = math.ceil(len(examples) * settings.epochs / a_step)
    sizes = [len(example.ids) for example in examples]
    order = build_training_order(
        sizes, settings.batch_size, count * a_step // settings.batch_size, seed
    )
    starts = range(0, len(order), a_step)
    tokens = [sum(sizes[place] for place in order[start : start + a_step]) for start in starts]
    return TrainingSteps(order, tokens)


def make_time_budget(settings: TrainingConfig, tokens_of_steps: Sequence[int]) -> TimeBudget | None:
    """The budget of a run that has one; several processes would each measure another speed."""
    if settings.time_budget_minutes is None:
        return None
    if get_world_size() > 1:
        say("training.time_budget_minutes does not hold for several processes: all steps count")
        return None
    return TimeBudget(settings, tokens_of_steps)


def plan_steps(
    budget: TimeBudget | None,
    tokens_of_steps: Sequence[int],
    held_out: Sequence[Example],
    *,
    spent: float,
    speed: float,
) -> dict[str, int]:
    """How many steps to train and rows to validate on: all, or what the time budget allows.

    `spent` is the seconds since the command began, `speed` the tokens a second that were measured.
    """
    if budget is None:
        return {"steps": len(tokens_of_steps), "validation_rows": len(held_out)}
    sizes = [len(example.ids) for example in held_out]
    return {
        "steps": budget.first_plan(spent, speed),
        "validation_rows": budget.validation_rows(sizes, speed),
    }


def print_plan(planned: int, steps: TrainingSteps, *, rows: int, validation: int) -> None:
    """Print what will be trained, and what to do where a time budget leaves little of it."""
    every = len(steps.tokens)
    a_step = len(steps.order) // every
    chosen = steps.order[: planned * a_step]
    epochs = len(chosen) / rows
    if planned < every:
        say("{steps:,} of {every:,} steps fit into the time budget", steps=planned, every=every)
    say(
        "{steps:,} steps of {rows} rows: {epochs:.2f} epochs, {seen:,} of {all:,} rows; validation "
        "on {validation:,} rows",
        steps=planned,
        rows=a_step,
        epochs=epochs,
        seen=len(set(chosen)),
        all=rows,
        validation=validation,
    )
    if planned == every or (planned >= MIN_USEFUL_STEPS and epochs >= MIN_USEFUL_EPOCHS):
        return
    if planned < MIN_USEFUL_STEPS:
        say("warning: the model learns little in so few steps")
    else:
        say("warning: most rows go unseen")
    say("raise training.time_budget_minutes, choose a smaller model, or train on a GPU")
