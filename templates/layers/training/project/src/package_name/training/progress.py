"""Progress of a run: log lines, validations at the steps of the plan, and the loss curve."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from uniplot import plot_to_string

from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from ..runtime.output import say
from ..runtime.progress_line import format_duration
from .steps import StepPlan

LOGS_PER_VALIDATION = 4
SPEED_WINDOW_STEPS = 16  # the current speed is that of the last steps


class ProgressCallback(TrainerCallback):
    """Logs, validates and saves at the steps that the plan marks.

    A log line has step, loss, speed and time left. A loss that is not finite ends the run.
    """

    def __init__(
        self,
        plan: StepPlan,
        tokens: Sequence[int],
        validations: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self.tokens = tokens  # of each step
        self.validations = validations
        self.clock = clock
        self.recent: deque[tuple[int, float]] = deque(maxlen=SPEED_WINDOW_STEPS)  # tokens, seconds
        self.started = 0.0
        self.step_started = 0.0
        self.stopped: float | None = None  # when the last validation began

    @property
    def speed(self) -> float:
        """Tokens per second over the last steps."""
        tokens, seconds = map(sum, zip(*self.recent, strict=True))
        return float(tokens) / max(seconds, 1e-9)

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Start the clock where an interrupted run stopped it, and set the number of steps."""
        state.max_steps = self.plan.steps
        self.started = self.clock() - self.plan.seconds_spent

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Note when the step begins, and how long the validation before it took."""
        self.step_started = self.clock()
        if self.stopped is not None:
            self.plan.seconds_of_validation = self.step_started - self.stopped
            self.stopped = None

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Log, validate and save where the plan says."""
        now, step, plan = self.clock(), state.global_step, self.plan
        self.recent.append((self.tokens[step - 1], now - self.step_started))
        plan.seconds_spent = now - self.started
        reached = {
            count: plan.count_marks_reached(step, count) > plan.count_marks_reached(step - 1, count)
            for count in (self.validations, self.validations * LOGS_PER_VALIDATION)
        }
        if reached[self.validations * LOGS_PER_VALIDATION]:
            control.should_log = True
        if reached[self.validations]:
            control.should_evaluate = control.should_save = True
            self.stopped = now

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Print the line of a log or a validation."""
        logs = logs or {}
        loss = logs.get("loss", logs.get("eval_loss"))
        if loss is None:
            return
        if not math.isfinite(loss):
            raise ProjectError(
                "the loss is {loss} at step {step}",
                "set model.precision to bf16 or fp32, or lower training.learning_rate",
                loss=loss,
                step=state.global_step,
            )
        if "eval_loss" in logs:
            say("             loss {loss:.4f} on validation", loss=loss)
            return
        say(
            "  {step:>4}/{steps:<4}  loss {loss:.4f}  {speed:,.0f} tokens/s  {left} left",
            step=state.global_step,
            steps=state.max_steps,
            loss=loss,
            speed=self.speed,
            left=format_duration(self.seconds_left(state.global_step)),
        )

    def seconds_left(self, step: int) -> float:
        """The time until the end of the run, at the speed of the last steps."""
        validations = self.validations - self.plan.count_marks_reached(step, self.validations)
        training = sum(self.tokens[step : self.plan.steps]) / self.speed
        return training + validations * self.plan.seconds_of_validation


def plot_losses(history: list[dict[str, float]]) -> str:
    """The loss curve as text."""
    curves = [
        [(entry["step"], entry[key]) for entry in history if key in entry]
        for key in ("loss", "eval_loss")
    ]
    return plot_to_string(
        xs=[[step for step, _ in points] for points in curves],
        ys=[[loss for _, loss in points] for points in curves],
        legend_labels=[fill("training"), fill("validation")],
        lines=True,
        title=fill("loss by step"),
        width=64,
        height=12,
        color=False,
    )
