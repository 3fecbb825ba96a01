"""What a run shows while it trains, and the curve it leaves behind."""

from __future__ import annotations

import math
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # a server has no screen
import matplotlib.pyplot as plt
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from uniplot import plot_to_string

from .errors import ProjectError
from .output import say


class Progress(TrainerCallback):
    """One line a log: step, loss, time left; a loss that is no number ends the run."""

    def __init__(self, tokens_per_step: float) -> None:
        self.tokens_per_step = tokens_per_step
        self.started = 0.0
        self.first_step = 0

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Start the clock; a resumed run does not count the steps of the interrupted one."""
        self.started = time.monotonic()
        self.first_step = state.global_step

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Print the line."""
        logs = logs or {}
        loss = logs.get("loss", logs.get("eval_loss"))
        if loss is None:
            return
        if not math.isfinite(loss):
            raise ProjectError(
                f"the loss is {loss} at step {state.global_step}",
                "set model.precision to bf16 or fp32, or lower training.learning_rate",
            )
        if "eval_loss" in logs:
            say(f"  {'':>9}  loss {loss:.4f} on validation")
            return
        done = state.global_step - self.first_step
        pace = (time.monotonic() - self.started) / max(done, 1)
        left = pace * (state.max_steps - state.global_step)
        say(
            f"  {state.global_step:>4}/{state.max_steps:<4}  loss {loss:.4f}  "
            f"{self.tokens_per_step / pace:,.0f} tokens/s  {minutes(left)} left"
        )


def minutes(seconds: float) -> str:
    """A duration for people: 48 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def draw_losses(history: list[dict[str, float]], picture: Path) -> str:
    """Save the loss curve as a picture, and return it as text for the terminal."""
    keys = {"training": "loss", "validation": "eval_loss"}
    curves = {
        title: [(entry["step"], entry[key]) for entry in history if key in entry]
        for title, key in keys.items()
    }
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for title, points in curves.items():
        axes.plot(*zip(*points, strict=True), label=title, marker=".")
    axes.set(xlabel="step", ylabel="loss")
    axes.legend()
    figure.savefig(picture, dpi=120)
    plt.close(figure)
    return plot_to_string(
        xs=[[step for step, _ in points] for points in curves.values()],
        ys=[[loss for _, loss in points] for points in curves.values()],
        legend_labels=list(curves),
        lines=True,
        title="loss by step",
        width=64,
        height=12,
        color=False,
    )
