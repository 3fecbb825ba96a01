"""The plan of a run: the settings of run.yaml as they are, and all epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from ..config import Config, ModelConfig, TrainingConfig
from ..model.device import refuse_precision, require_training_device
from .processes import refuse_other_processes, require_process_count, resolve_process_settings
from .progress import ProgressCallback
from .steps import StepPlan, TrainingInputs, TrainingSteps

Record = dict[str, Any]


def require_devices(config: Config, run: Path, record: Record) -> torch.device:
    """The device of this process; refuses other devices than planned, and other process counts."""
    on = require_training_device(config.training)
    refuse_precision(config.model.precision, on)
    processes = require_process_count(on)  # refuses what the Trainer would run in DataParallel
    refuse_other_processes(run, record, processes)
    return on


def choose_settings(inputs: TrainingInputs, record: Record) -> tuple[Config, Record]:
    """The settings of this process, and the record of the run."""
    settings = resolve_process_settings(inputs.config.training)
    record = {**record, "processes": settings.processes}
    return inputs.config.model_copy(update={"training": settings}), record


def plan_steps(
    inputs: TrainingInputs, settings: TrainingConfig, steps: TrainingSteps, record: Record
) -> Record:
    """The record with the number of steps and of validation rows."""
    return {**record, "steps": len(steps.tokens), "validation_rows": len(inputs.validation)}


def build_callbacks(
    settings: TrainingConfig, steps: TrainingSteps, record: Record
) -> tuple[StepPlan, list[TrainerCallback]]:
    """The plan of the steps, and the callbacks that follow it."""
    plan = StepPlan(record["steps"], settings.lr_scheduler, settings.warmup_ratio)
    return plan, [ProgressCallback(plan, steps.tokens, settings.num_evaluations)]


def restore_settings(config: Config, record: Record) -> Config:
    """The settings that a run was trained with."""
    return config


def resolve_for_inference(model: ModelConfig, record: Record) -> ModelConfig:
    """The settings that a trained model answers with."""
    return model
