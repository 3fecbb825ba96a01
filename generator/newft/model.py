"""What crosses rooms: what was said, what was measured, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from newft.entries import LORA, Embedded, Family, Hardware, Kit, Language, Prompts, Task, Text
from newft.text_pieces import TextPieces

Source = Literal["embedded", "folder", "huggingface", "modelscope"]
Setting = str | tuple[str, ...] | None
T = TypeVar("T")


@dataclass(frozen=True)
class Reasoned(Generic[T]):
    """A value that says why it is what it is, and who says so."""

    value: T
    why: Text
    source: Text


# --- what was said -------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataAnswer:
    """The user's files, and the columns they corrected."""

    files: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    positive: str | None = None  # the label whose probability is scored


@dataclass(frozen=True)
class Answers:
    """What was asked and answered, and nothing derived."""

    name: str
    domain: str
    task: str
    language: Language
    gpu: str
    family: str
    model: str  # `embedded`, a hub id, or a folder
    hub: Literal["huggingface", "modelscope"] = "huggingface"
    revision: str | None = None
    method: str = LORA
    data: DataAnswer = field(default_factory=DataAnswer)


# --- what was measured ---------------------------------------------------------------------------


@dataclass(frozen=True)
class FileFacts:
    """One data file as found; `path` is as given, `project_path` where the project reads it."""

    path: str
    project_path: str
    kind: str
    encoding: str | None
    rows: int
    columns: tuple[str, ...]
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RowPieces:
    """The pieces of the longest row among this share of the rows, the shortest first."""

    share: float
    pieces: TextPieces


@dataclass(frozen=True)
class Lengths:
    """How long the inputs are: in characters, and in the pieces that tokens are estimated from."""

    median: int
    p95: int
    longest: int
    rows: tuple[RowPieces, ...]  # by share; several of one share where tokenizers may differ


@dataclass(frozen=True)
class DataFacts:
    """What is in the user's files."""

    files: tuple[FileFacts, ...]
    rows: int
    accepted: int
    rejected: Mapping[str, int]  # reason code -> rows
    mapping: Mapping[str, tuple[str, ...]]  # field -> columns it may have (files may differ)
    labels: Mapping[str, int]  # label -> rows, by name; none with fewer than 3 rows
    out_of_scope: str | None  # the label that means "none of these", where the file has one
    positive: str | None  # the label whose probability is scored, where the task has one
    outcomes: Mapping[str, int]  # what the second line of an answer may be -> rows
    longest_answer: str  # as it is trained on
    inputs: tuple[str, ...]  # the fields that are shown a line each, where none holds a text
    protected: tuple[str, ...]  # fields that no prompt shows, kept beside the rows
    lengths: Lengths
    language: Language
    shape: str  # `labelled`
    sample: bool  # the records that ship with the domain
    warnings: tuple[Text, ...] = ()  # the most serious first
    notes: tuple[Text, ...] = ()  # what one should look at, though nothing is wrong
    excluded: tuple[str, ...] = ()  # columns that no prompt shows: ids, dates, later knowledge
    leaking: tuple[str, ...] = ()  # columns left out as each names the label by itself

    @property
    def has_workbook(self) -> bool:
        """Whether one of the files is a workbook, which takes a library to read."""
        return any(file.kind == "xlsx" for file in self.files)


@dataclass(frozen=True)
class MachineFacts:
    """The machine that generated; it trains only where `gpu` is `auto`."""

    accelerator: str
    count: int
    cores: int
    memory_gb: float | None  # the accelerator's; main memory where it has none of its own
    bf16: bool | None
    compute_capability: float | None = None  # of CUDA


@dataclass(frozen=True)
class ModelFacts:
    """What the config.json of a model's folder says; None is unknown."""

    architectures: tuple[str, ...]
    model_type: str | None
    vocabulary: int | None


@dataclass(frozen=True)
class Facts:
    """What was measured once about the user's data, machine and model."""

    data: DataFacts
    machine: MachineFacts | None = None
    model: ModelFacts | None = None  # of a folder


# --- what was decided ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """The resolved values of one run, each with its reason."""

    rank: Reasoned[int]
    alpha: Reasoned[int]
    dropout: Reasoned[float]
    targets: Reasoned[str | tuple[str, ...]]
    learning_rate: Reasoned[float]
    schedule: Reasoned[str]
    warmup: Reasoned[float]  # share of the steps
    weight_decay: Reasoned[float]
    max_grad_norm: Reasoned[float]
    epochs: Reasoned[int]
    batch_size: Reasoned[int | str]  # auto: the project times several on the CPU that trains
    accumulation: Reasoned[int]  # all rows of an update where batch_size is auto
    max_length: Reasoned[int]  # tokens
    truncated_share: Reasoned[float]  # of the rows that may lose text to `max_length`
    precision: Reasoned[str]  # fp32, bf16, fp16, auto
    attention: Reasoned[str]  # sdpa, auto
    gradient_checkpointing: Reasoned[bool]
    evaluations: Reasoned[int]  # validations, and checkpoints, in a run
    seed: Reasoned[int]
    training_minutes: Reasoned[int | None]  # None: no time budget
    device: Reasoned[str]  # cuda, npu, mps, cpu
    processes: Reasoned[int]
    evaluation_minutes: Reasoned[int | None]  # of all models together
    evaluation_batch_size: Reasoned[int]
    validation_share: Reasoned[float]
    test_share: Reasoned[float]
    shots: Reasoned[int]  # examples tried in the untouched model's prompt


@dataclass(frozen=True)
class Estimate:
    """What a run will take, as ranges; None is unknown."""

    memory_gb: tuple[float, float] | None
    hours: tuple[float, float] | None  # of training alone
    why: Text


@dataclass(frozen=True)
class ModelPlan:
    """Where the weights come from, and what the family says about them."""

    source: Source
    id: str  # hub id or folder
    revision: str | None
    architecture: str | None
    parameters: int | None
    license: str | None  # as the hub writes it
    end_of_turn: str
    pad: str
    template_arguments: Mapping[str, str | bool]
    embedded: Embedded | None


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
    hardware: Hardware
    model: ModelPlan
    data: DataFacts
    prompts: Prompts
    settings: Mapping[str, Reasoned[Setting]]  # of the task in run.yaml, beyond its labels
    recipe: Recipe
    estimate: Estimate
    layers: tuple[str, ...]  # below `templates/layers/`, in any order
    requirements: tuple[str, ...]  # of the project, with ranges
    requirements_no_deps: tuple[str, ...]  # installed without what they depend on
    warnings: tuple[Text, ...]  # beyond those of the data
