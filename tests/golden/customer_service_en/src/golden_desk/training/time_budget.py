"""How many steps a run has: all epochs, or what its time budget allows, corrected as it trains."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ..config import TrainingConfig
from ..runtime.output import say
from .progress import ProgressCallback
from .steps import StepPlan, TrainingInputs, TrainingSteps

# of a training budget; the rest is for validation and checkpoints
TRAINING_SHARE = 0.85
# SmolLM2-135M with LoRA at 1.0e-3: the loss fell from 6.9 to 0.8 in 32 steps of 8 rows, and
# slowly after
MIN_USEFUL_STEPS = 30
MIN_USEFUL_EPOCHS = 0.5
# forward, and backward to the activations, of about as many operations; full fine-tuning adds a
# third one, to the weights, so that its validations have fewer rows than would fit
PASSES_PER_STEP = 2
# A plan is kept while it differs by less from what the speed allows, so that a machine of steady
# speed keeps one learning-rate curve from the first step to the last.
REPLAN_TOLERANCE = 0.1


@dataclass
class AdaptiveStepPlan(StepPlan):
    """A plan whose number of steps changes while it is trained.

    The learning rate goes on from the progress made: its curve has no jump, and ends with the last
    step.
    """

    changed_at: int = 0  # the step of the last change
    progress_at_change: float = 0.0
    changes: list[list[int]] = field(default_factory=list)  # [step, planned steps]

    def progress(self, step: float) -> float:
        """The share of the run that is done after so many steps."""
        part = (step - self.changed_at) / (self.steps - self.changed_at)
        return self.progress_at_change + (1 - self.progress_at_change) * part

    def change(self, step: int, steps: int) -> None:
        """Go on from this step towards another number of steps."""
        self.progress_at_change, self.changed_at, self.steps = self.progress(step), step, steps
        self.changes.append([step, steps])


class TimeBudget:
    """The time of a run, and the steps that fit into what is left of it."""

    def __init__(self, settings: TrainingConfig, tokens_of_steps: Sequence[int]) -> None:
        assert settings.time_budget_minutes is not None
        self.seconds = settings.time_budget_minutes * 60
        self.validations = settings.num_evaluations
        self.passes = PASSES_PER_STEP
        if settings.gradient_checkpointing:
            self.passes += 1  # the forward pass again
        self.tokens = list(accumulate(tokens_of_steps))  # until the end of each step

    def first_plan(self, spent: float, speed: float) -> int:
        """The steps that fit at so many tokens a second, before the first was trained."""
        return self._fitting(0, (self.seconds - spent) * TRAINING_SHARE, speed)

    def correct(self, plan: AdaptiveStepPlan, step: int, speed: float) -> bool:
        """Change the plan where the speed of the last steps calls for another; say whether."""
        validations = self.validations - plan.count_marks_reached(step, self.validations)
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


class TimeBudgetCallback(TrainerCallback):
    """Corrects the plan of a run after every step, so that it ends in time."""

    def __init__(
        self, budget: TimeBudget, plan: AdaptiveStepPlan, progress: ProgressCallback
    ) -> None:
        self.budget, self.plan, self.progress = budget, plan, progress

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Tell the Trainer where the run ends now."""
        step = state.global_step
        if step < self.plan.steps and self.budget.correct(self.plan, step, self.progress.speed):
            state.max_steps = self.plan.steps


def make_time_budget(settings: TrainingConfig, tokens_of_steps: Sequence[int]) -> TimeBudget | None:
    """The budget of a run that has one."""
    if settings.time_budget_minutes is None:
        return None
    return TimeBudget(settings, tokens_of_steps)


def fit_to_time_budget(
    inputs: TrainingInputs, settings: TrainingConfig, steps: TrainingSteps, speed: float
) -> dict[str, int]:
    """The number of steps and of validation rows that the time budget allows, or all.

    `speed` is the tokens a second that were measured.
    """
    budget = make_time_budget(settings, steps.tokens)
    if budget is None:
        return {"steps": len(steps.tokens), "validation_rows": len(inputs.validation)}
    sizes = [len(example.ids) for example in inputs.validation]
    return {
        "steps": budget.first_plan(time.monotonic() - inputs.start_time, speed),
        "validation_rows": budget.validation_rows(sizes, speed),
    }


def print_warnings(planned: int, steps: TrainingSteps, *, rows: int) -> None:
    """Say that the time budget cuts the run, and what to do where it leaves little of it."""
    every = len(steps.tokens)
    if planned == every:
        return
    say("{steps:,} of {every:,} steps fit into the time budget", steps=planned, every=every)
    if planned < MIN_USEFUL_STEPS:
        say("warning: this number of steps is too small to learn much")
    elif planned * steps.rows_per_step < MIN_USEFUL_EPOCHS * rows:
        say("warning: most rows are not used for training")
    else:
        return
    say("raise training.time_budget_minutes, choose a smaller model, or train on a GPU")
