"""The recipe, the estimate and the plan of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from newft.schema.advice import Advice
from newft.schema.charts import Charts
from newft.schema.dataset import DataFacts
from newft.schema.family import EmbeddedModel, Family, SystemTurn
from newft.schema.hardware import Hardware
from newft.schema.kit import Kit, SystemPrompts, Task
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Reasoned
from newft.schema.roi import Roi
from newft.schema.rollout import Rollout
from newft.schema.starter_kit import Overlay
from newft.text import Language, Text

ModelSource = Literal["embedded", "folder", "huggingface", "modelscope"]
SettingValue = str | tuple[str, ...] | Mapping[str, object] | None
ExportValue: TypeAlias = (
    "bool | int | float | str | tuple[ExportValue, ...] | Mapping[str, ExportValue] | None"
)


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
    batch_size: Reasoned[int | str]  # auto: the project measures the fastest on its CPU
    gradient_accumulation_steps: Reasoned[int]  # if batch_size is auto: the rows of an update
    max_length: Reasoned[int]  # tokens
    max_packed_tokens: Reasoned[int]  # of a sequence of several rows; 0: rows are padded
    max_truncated_fraction: Reasoned[float]  # share of the rows that `max_length` may truncate
    precision: Reasoned[str]  # fp32, bf16, fp16, auto
    attention: Reasoned[str]  # sdpa, auto
    gradient_checkpointing: Reasoned[bool]
    # evaluations on the validation rows in a run, each with a checkpoint
    num_evaluations: Reasoned[int]
    seed: Reasoned[int]
    training_minutes: Reasoned[int | None]  # None: no time budget
    device: Reasoned[str]  # cuda, npu, mps, cpu
    processes: Reasoned[int]
    evaluation_minutes: Reasoned[int | None]  # of all models together
    evaluation_batch_size: Reasoned[int]
    validation_fraction: Reasoned[float]
    test_fraction: Reasoned[float]
    few_shot_examples: Reasoned[int]  # examples that are tried in the prompt of the base model


@dataclass(frozen=True)
class Cost:
    """What training may cost, at the price that the user gave."""

    range: tuple[float, float]
    currency: str  # as it was written; empty if none was


MemoryPartName = Literal[
    "weights", "adapter", "gradients", "optimizer", "activations", "logits", "reserve"
]


@dataclass(frozen=True)
class MemoryPart:
    """What one part takes of the peak memory, lowest and highest."""

    name: MemoryPartName
    gb: tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """The estimated memory and time of a run, as ranges; None means unknown."""

    memory_gb: tuple[float, float] | None
    hours: tuple[float, float] | None  # of training alone
    why: Text
    cost: Cost | None = None  # None: no price was given, or the time is unknown
    # of the planned workload, at its peak; the lower bound of `memory_gb` may be above their sum
    parts: tuple[MemoryPart, ...] = ()


@dataclass(frozen=True)
class ModelPlan:
    """The base model: where its weights come from, and the facts of its family."""

    source: ModelSource
    id: str  # hub id or folder
    revision: str | None
    architecture: str | None
    parameters: int | None
    license: str | None  # as the hub writes it
    end_of_turn: str
    pad: str
    template_arguments: Mapping[str, str | bool]
    stop_tokens: tuple[str, ...]  # further tokens that end an answer
    system_turn: SystemTurn
    embedded: EmbeddedModel | None
    # the model to train instead, of a family that the project cannot train
    successor: str | None = None

    @property
    def trained_here(self) -> bool:
        """Whether the project trains the model itself; else another tool does."""
        return self.successor is None


@dataclass(frozen=True)
class ExportStep:
    """A command that uses the recipe in another tool, or lines of code, and what they are for."""

    purpose: Text
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ExportedRecipe:
    """The recipe as a configuration of another training tool."""

    tool: str  # its title
    sections: tuple[Mapping[str, ExportValue], ...]  # values by key, in groups
    steps: tuple[ExportStep, ...]  # of the comment above them: how the file is used
    differences: tuple[Text, ...]  # from a run of the project, which the tool cannot express
    # of values that run.yaml does not have, by their keys
    reasons: Mapping[str, Reasoned[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class LockedAnswer:
    """An answer that the starter kit fixes, and the setting of run.yaml that follows from it."""

    answer: str
    value: str
    run_key: str | None  # None: run.yaml has no such setting
    run_value: str | None
    why: Text | None


@dataclass(frozen=True)
class ProjectPolicy:
    """What the starter kit lets a project use; an empty list allows everything."""

    kit: str
    title: Text
    version: str | None
    commit: str | None
    tree: str
    families: tuple[str, ...]
    models: tuple[str, ...]  # the ids of run.yaml that families and licences allow
    licenses: tuple[str, ...]
    methods: tuple[str, ...]
    hubs: tuple[str, ...]
    required_files: tuple[str, ...]
    locked: tuple[LockedAnswer, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that the templates may read."""

    name: str  # the answer
    package: str  # the name as a Python package
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
    # of the section `task` of run.yaml, without the labels
    settings: Mapping[str, Reasoned[SettingValue]]
    recipe: Recipe
    estimate: Estimate
    layers: tuple[str, ...]  # below `templates/layers/`, in any order
    requirements: tuple[str, ...]  # of the project, with ranges
    requirements_no_deps: tuple[str, ...]  # installed without their dependencies
    warnings: tuple[Text, ...]  # without those about the data
    # whether fine-tuning suits the team, what it costs and brings, and how it is rolled out
    advice: Advice
    roi: Roi
    rollout: Rollout
    charts: Charts  # of PLAN.md
    policy: ProjectPolicy | None = None  # of the starter kit
    overlays: tuple[Overlay, ...] = ()  # of the starter kit, the lowest first
    # by the name of the tool, which is also that of the layer
    exports: Mapping[str, ExportedRecipe] = field(default_factory=dict)
    # of the packages that the project installs, by name
    tested_versions: Mapping[str, str] = field(default_factory=dict)
