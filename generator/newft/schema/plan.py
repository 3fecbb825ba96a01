"""What was decided: recipe, estimate and plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newft.schema.dataset import DataFacts
from newft.schema.family import EmbeddedModel, Family
from newft.schema.hardware import Hardware
from newft.schema.kit import Kit, SystemPrompts, Task
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Reasoned
from newft.text import Language, Text

ModelSource = Literal["embedded", "folder", "huggingface", "modelscope"]
SettingValue = str | tuple[str, ...] | Mapping[str, object] | None


@dataclass(frozen=True)
class Recipe:
    """The resolved values of one run, each with its reason."""

    method: Mapping[str, Reasoned[MethodValue]]  # the method's own section of run.yaml
    learning_rate: Reasoned[float]
    lr_scheduler: Reasoned[str]
    warmup_ratio: Reasoned[float]  # share of the steps
    weight_decay: Reasoned[float]
    max_grad_norm: Reasoned[float]
    epochs: Reasoned[int]
    batch_size: Reasoned[int | str]  # auto: the project times several on the CPU that trains
    gradient_accumulation_steps: Reasoned[int]  # all rows of an update where batch_size is auto
    max_length: Reasoned[int]  # tokens
    max_truncated_fraction: Reasoned[float]  # of the rows that may lose text to `max_length`
    precision: Reasoned[str]  # fp32, bf16, fp16, auto
    attention: Reasoned[str]  # sdpa, auto
    gradient_checkpointing: Reasoned[bool]
    num_evaluations: Reasoned[int]  # validations, and checkpoints, in a run
    seed: Reasoned[int]
    training_minutes: Reasoned[int | None]  # None: no time budget
    device: Reasoned[str]  # cuda, npu, mps, cpu
    processes: Reasoned[int]
    evaluation_minutes: Reasoned[int | None]  # of all models together
    evaluation_batch_size: Reasoned[int]
    validation_fraction: Reasoned[float]
    test_fraction: Reasoned[float]
    few_shot_examples: Reasoned[int]  # examples tried in the untouched model's prompt


@dataclass(frozen=True)
class Estimate:
    """What a run will take, as ranges; None is unknown."""

    memory_gb: tuple[float, float] | None
    hours: tuple[float, float] | None  # of training alone
    why: Text


@dataclass(frozen=True)
class ModelPlan:
    """Where the weights come from, and what the family says about them."""

    source: ModelSource
    id: str  # hub id or folder
    revision: str | None
    architecture: str | None
    parameters: int | None
    license: str | None  # as the hub writes it
    end_of_turn: str
    pad: str
    template_arguments: Mapping[str, str | bool]
    embedded: EmbeddedModel | None


@dataclass(frozen=True)
class Plan:
    """Everything the templates may read."""

    name: str  # as answered
    package: str  # importable
    language: Language
    title: str  # of the task, in the project's language
    kit: Kit
    task_id: str
    task: Task
    family: Family
    method: TrainingMethod
    hardware: Hardware
    model: ModelPlan
    data: DataFacts
    prompts: SystemPrompts
    settings: Mapping[str, Reasoned[SettingValue]]  # of the task in run.yaml, beyond its labels
    recipe: Recipe
    estimate: Estimate
    layers: tuple[str, ...]  # below `templates/layers/`, in any order
    requirements: tuple[str, ...]  # of the project, with ranges
    requirements_no_deps: tuple[str, ...]  # installed without what they depend on
    warnings: tuple[Text, ...]  # beyond those of the data
