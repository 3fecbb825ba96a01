"""The plan of a run on a CPU: what it does fastest, and the steps that its time budget allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from ..config import Config, TrainingConfig
from ..model.device import refuse_precision, require_training_device
from ..runtime.errors import ProjectError
from .auto_setup import (
    apply_setup,
    find_setups,
    read_recorded_setups,
    resolve_for_inference,
    restore_settings,
)
from .progress import ProgressCallback
from .steps import StepPlan, TrainingInputs, TrainingSteps
from .time_budget import (
    AdaptiveStepPlan,
    TimeBudgetCallback,
    fit_to_time_budget,
    make_time_budget,
    print_warnings,
)

__all__ = [
    "build_callbacks",
    "choose_settings",
    "plan_steps",
    "require_devices",
    "resolve_for_inference",
    "restore_settings",
]
Record = dict[str, Any]


def require_devices(config: Config, run: Path, record: Record) -> torch.device:
    """The CPU; refuses several processes, each of which would time it and plan other steps."""
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ProjectError("this project trains in one process", "run `make train`")
    refuse_precision(config.model.precision, on := require_training_device(config.training))
    return on


def choose_settings(inputs: TrainingInputs, record: Record) -> tuple[Config, Record]:
    """The settings to train with, without `auto`, and the record of what was timed to find them.

    A resumed run keeps the settings that it began with.
    """
    timed = read_recorded_setups(record) if record else find_setups(inputs)
    return apply_setup(inputs.config, timed), {
        **record,
        "timed": [setup._asdict() for setup in timed],
    }


def plan_steps(
    inputs: TrainingInputs, settings: TrainingConfig, steps: TrainingSteps, record: Record
) -> Record:
    """The record with the number of steps and of validation rows: all, or what the time allows.

    A resumed run keeps its plan.
    """
    if "steps" not in record:
        timed = read_recorded_setups(record)
        speed = timed[0].tokens_per_second if timed else 0.0
        record = {**record, **fit_to_time_budget(inputs, settings, steps, speed)}
    print_warnings(record["steps"], steps, rows=len(inputs.train))
    return record


def build_callbacks(
    settings: TrainingConfig, steps: TrainingSteps, record: Record
) -> tuple[StepPlan, list[TrainerCallback]]:
    """The plan of the steps, and the callbacks that follow it and correct it."""
    plan = AdaptiveStepPlan(record["steps"], settings.lr_scheduler, settings.warmup_ratio)
    progress = ProgressCallback(plan, steps.tokens, settings.num_evaluations)
    budget = make_time_budget(settings, steps.tokens)
    return plan, [progress, *([TimeBudgetCallback(budget, plan, progress)] if budget else [])]
