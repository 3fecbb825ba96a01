"""What fits a time budget: measured on this machine, never guessed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from peft import PeftModel

from .config import TrainingConfig
from .dataset import AnswerCollator, Example, training_order
from .devices import launched
from .output import say

T = TypeVar("T")

# of a training budget, the rest is for validation and checkpoints
TRAINING_SHARE = 0.85
# SmolLM2-135M at 1.0e-3: the loss fell from 6.9 to 0.8 in 32 steps of 8 rows, and slowly after
FEW_STEPS = 30
FEW_EPOCHS = 0.5
# of each batch, on a CPU: more keep it no busier, and at 149 a second (two cores) take 7 seconds
TIMED_TOKENS = 1_024


def plan_steps(
    model: PeftModel,
    settings: TrainingConfig,
    collate: AnswerCollator,
    train: Sequence[Example],
    held_out: Sequence[Example],
) -> dict[str, int]:
    """How many steps to train and rows to validate on: all, or what the time budget allows."""
    per_step = settings.batch_size * settings.accumulation
    processes = launched()
    steps = math.ceil(len(train) * settings.epochs / (per_step * processes))
    rows = len(held_out)
    if settings.time_budget_minutes is not None and processes > 1:
        # each would measure another pace
        say("training.time_budget_minutes does not hold for several processes: all steps count")
    elif settings.time_budget_minutes is not None:
        say("measuring the speed of this machine ...")
        batches = typical_batches(train, settings.batch_size)
        if settings.gradient_checkpointing:
            model.activation_checkpointing_enable()  # as the Trainer will: it costs time
        seconds = seconds_per_step(model, batches, collate) * settings.accumulation
        every = steps
        steps = min(every, steps_within(settings.time_budget_minutes, seconds))
        say(what_fits(steps, every, settings.time_budget_minutes, steps * per_step / len(train)))
        rows = min(
            rows,
            held_out_within(settings.time_budget_minutes, seconds / per_step, settings.evaluations),
        )
    return {"steps": steps, "validation_rows": rows, "processes": processes}


def what_fits(steps: int, every: int, minutes: float, epochs: float) -> str:
    """How much of the training fits, and what to do where that is little."""
    fits = (
        f"{steps:,} of {every:,} steps fit into {minutes:g} minutes "
        f"({epochs:.2f} epochs of the rows)"
    )
    if steps == every or (steps >= FEW_STEPS and epochs >= FEW_EPOCHS):
        return fits
    few = "the model learns little in so few steps" if steps < FEW_STEPS else "most rows go unseen"
    return (
        f"{fits}\nwarning: {few}; "
        "raise training.time_budget_minutes, choose a smaller model, or train on a GPU"
    )


def typical_batches(train: Sequence[Example], size: int) -> list[list[Example]]:
    """Four of sixteen batches as they will be trained, from short rows to long ones."""
    order = training_order([len(example.ids) for example in train], size, 16, seed=0)
    batches = [[train[i] for i in order[n : n + size]] for n in range(0, len(order), size)]
    return sorted(batches, key=_longest)[2::4]


def seconds_per_step(
    model: PeftModel, batches: Sequence[Sequence[Example]], collate: AnswerCollator
) -> float:
    """Seconds of one forward and backward pass, after one that only warms up.

    On a CPU, the longest rows of a batch stand for all, which are padded to them: whole batches of
    long rows would take minutes.
    """
    device = next(model.parameters()).device
    # as the Trainer does in 16 bit
    precision = torch.autocast(device.type, model.dtype, enabled=model.dtype != torch.float32)
    model.train()
    seconds = []
    for batch in [batches[0], *batches]:
        rows = batch[-max(1, TIMED_TOKENS // _longest(batch)) :] if device.type == "cpu" else batch
        inputs = {
            key: value.to(device) if isinstance(value, torch.Tensor) else value
            for key, value in collate(rows).items()
        }
        started = _now(device)
        with precision:
            loss = model(**inputs).loss
        loss.backward()
        model.zero_grad()
        seconds.append((_now(device) - started) * len(batch) / len(rows))
    return sum(seconds[1:]) / len(batches)


def _longest(batch: Sequence[Example]) -> int:
    return max(len(example.ids) for example in batch)


def _now(device: torch.device) -> float:
    """The time, once the accelerator has done what it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize()
    return time.perf_counter()


def steps_within(minutes: float, seconds: float) -> int:
    """The optimizer steps that fit, at `seconds` each."""
    return max(1, int(minutes * 60 * TRAINING_SHARE / seconds))


def held_out_within(minutes: float, seconds_per_row: float, evaluations: int) -> int:
    """The validation rows that fit; a forward pass is a third of a training step's arithmetic."""
    spare = minutes * 60 * (1 - TRAINING_SHARE)
    return max(1, int(spare / evaluations / (seconds_per_row / 3)))


def rows_within(
    minutes: float | None, rows: Sequence[T], answer: Callable[[Sequence[T]], object], *, least: int
) -> int:
    """How many of the rows can be answered in the budget, timed on the first few."""
    if minutes is None:
        return len(rows)
    say("measuring the speed of this machine ...")
    answer(rows[:1])  # warms up
    first = _seconds(lambda: answer(rows[:1]))
    five = _seconds(lambda: answer(rows[:5]))
    # what all rows share is read once: it must not count for each
    seconds = max((five - first) / 4, 1e-3)
    return min(len(rows), max(least, int((minutes * 60 - first) / seconds)))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
