"""The run, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from .config_base import BaseConfig, RunSection
from .model.method import Checkpointing, MethodConfig
from .model.supported_models import HAS_REVISIONS, MODEL_SOURCE, ONLY_MODEL_ID
from .runtime.config_loader import load_values
from .runtime.messages import fill
from .task_base import ConfigSection, NonEmptyStr, NonNegativeFraction, PositiveCount
from .training.batch_settings import BatchSection
from .training.device_settings import (
    Attention,
    BatchSize,
    DeviceName,
    Precision,
    ProcessCount,
    TimedSection,
)

MemoryRange = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)]
# the options of `newft new` that make a project with another source of the base model
NEWFT_OPTIONS_BY_SOURCE = {
    "embedded": "--model embedded",
    "folder": "--model ./MODEL_FOLDER",
    "huggingface": "--model {model}",
    "modelscope": "--model {model} --hub modelscope",
}


class RunConfig(RunSection):
    """The run, and the memory that it is estimated to need."""

    # lowest and highest; absent where the size of the model is unknown
    estimated_memory_gb: MemoryRange | None = None


class ModelConfig(ConfigSection):
    """The base model, and the settings that its family needs."""

    id: NonEmptyStr
    source: Literal["embedded", "folder", "huggingface", "modelscope"]
    revision: NonEmptyStr | None
    architecture: NonEmptyStr | None
    parameters: PositiveCount | None
    license: NonEmptyStr | None
    end_of_turn: NonEmptyStr
    pad: NonEmptyStr
    template_arguments: dict[str, str | bool]
    stop_tokens: list[NonEmptyStr] = Field(default=[])  # absent where end_of_turn is the only one
    system_turn: Literal["own", "user"] = "own"  # absent where the template has a system turn
    precision: Precision
    attention: Attention

    @field_validator("id")
    @classmethod
    def _can_be_loaded(cls, id: str) -> str:
        if ONLY_MODEL_ID not in (None, id):
            raise ValueError(
                fill(
                    "this project can only load {model}; for another model, generate another "
                    "project: newft new FOLDER --model {id}",
                    model=ONLY_MODEL_ID,
                    id=id,
                )
            )
        return id

    @field_validator("source")
    @classmethod
    def _is_the_source_of_this_project(cls, source: str, info: ValidationInfo) -> str:
        if source != MODEL_SOURCE:
            options = NEWFT_OPTIONS_BY_SOURCE[source].format(
                model=info.data.get("id", "ORGANISATION/MODEL")
            )
            raise ValueError(
                fill(
                    "this project loads its base model from {source} only; for another source, "
                    "generate another project: newft new FOLDER {options}",
                    source=MODEL_SOURCE,
                    options=options,
                )
            )
        return source

    @field_validator("revision")
    @classmethod
    def _is_known_to_the_source(cls, revision: str | None) -> str | None:
        if revision is not None and not HAS_REVISIONS:
            raise ValueError(
                fill("models from {source} have no revisions: set it to null", source=MODEL_SOURCE)
            )
        return revision


class TrainingConfig(BatchSection):
    """How the weights are trained."""

    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    lr_scheduler: Literal["linear", "cosine", "constant_with_warmup"]
    warmup_ratio: NonNegativeFraction
    weight_decay: NonNegativeFraction
    max_grad_norm: Annotated[float, Field(gt=0)]
    epochs: PositiveCount
    batch_size: BatchSize
    gradient_accumulation_steps: PositiveCount
    max_length: PositiveCount
    max_truncated_fraction: NonNegativeFraction  # of the rows that may lose text to max_length
    gradient_checkpointing: Checkpointing
    num_evaluations: PositiveCount
    device: DeviceName
    processes: ProcessCount


class EvaluationConfig(TimedSection):
    """How base, tuned and classical baseline are compared."""

    few_shot_examples: Annotated[int, Field(ge=0)]
    batch_size: PositiveCount


class Config(BaseConfig):
    """The whole of run.yaml."""

    run: RunConfig
    model: ModelConfig
    method: MethodConfig
    training: TrainingConfig
    evaluation: EvaluationConfig


class RecordedTraining(TrainingConfig):
    """What a run was trained with, whose rows another version of this project may have batched."""

    max_packed_tokens: PositiveCount | None = None  # absent where rows were padded


class RecordedConfig(Config):
    """The whole of run.yaml as a run records it."""

    training: RecordedTraining


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path` with `KEY=VALUE` overrides; all faults at once, with their places."""
    return load_values(path, overrides, Config)


def load_recorded_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path`, which a run has recorded when it began."""
    return load_values(path, overrides, RecordedConfig)
