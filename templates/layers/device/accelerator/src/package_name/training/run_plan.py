"""The plan of a run: the settings of run.yaml as they are, and all epochs."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from ..config import Config, ModelConfig, TrainingConfig
from .progress import ProgressCallback
from .steps import StepPlan, TrainingInputs, TrainingSteps

Record = dict[str, Any]


def choose_settings(inputs: TrainingInputs, record: Record) -> tuple[Config, Record]:
    """The settings to train with, and the record of the run."""
    return inputs.config, record


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
