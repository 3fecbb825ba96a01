"""What was measured about the data files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newft.schema.hardware import MachineFacts
from newft.text import Language, Text
from newft.token_pieces import PieceCounts


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
class LengthQuantile:
    """The pieces of the longest row among this share of the rows, the shortest first."""

    share: float
    pieces: PieceCounts


@dataclass(frozen=True)
class InputLengths:
    """How long the inputs are: in characters, and in the pieces that tokens are estimated from."""

    median: int
    p95: int
    longest: int
    rows: tuple[LengthQuantile, ...]  # by share; several of one share where tokenizers may differ


@dataclass(frozen=True)
class DataFacts:
    """What is in the user's files."""

    files: tuple[FileFacts, ...]
    rows: int
    accepted: int  # rows of all splits
    rows_to_split: int  # accepted, and near-duplicates across splits, which splitting shows
    rejected: Mapping[str, int]  # reason code -> rows
    mapping: Mapping[str, tuple[str, ...]]  # field -> columns it may have (files may differ)
    labels: Mapping[str, int]  # label -> rows, by name; none with fewer than 3 rows
    out_of_scope: str | None  # the label that means "none of these", where the file has one
    positive: str | None  # the label whose probability is scored, where the task has one
    recommendations: Mapping[str, int]  # what the second line of an answer may be -> rows
    longest_answer: str  # as it is trained on
    inputs: tuple[str, ...]  # the fields that are shown a line each, where none holds a text
    protected: tuple[str, ...]  # fields that no prompt shows, kept beside the rows
    lengths: InputLengths
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
