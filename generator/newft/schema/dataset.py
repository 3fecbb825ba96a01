"""Facts that were measured: about data files, and all facts of a project together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newft.schema.hardware import MachineFacts
from newft.schema.model_facts import ModelFacts
from newft.text import Language, Text
from newft.token_pieces import PieceCounts


@dataclass(frozen=True)
class FileFacts:
    """One data file: `path` as the user gave it, `project_path` as the project reads it."""

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
    """The pieces of the row at one quantile of the lengths: `share` of the rows are not longer."""

    share: float
    pieces: PieceCounts


@dataclass(frozen=True)
class InputLengths:
    """The lengths of the inputs, in characters and in the pieces that tokens are estimated from."""

    median: int
    p95: int
    longest: int
    # by share; a share has several rows if tokenizers may rank them differently
    rows: tuple[LengthQuantile, ...]


@dataclass(frozen=True)
class DataFacts:
    """Facts about the records in the data files."""

    files: tuple[FileFacts, ...]
    rows: int
    accepted: int  # rows of all splits
    rows_to_split: int  # accepted, and near-duplicates across splits, which splitting shows
    rejected: Mapping[str, int]  # reason code -> rows
    mapping: Mapping[str, tuple[str, ...]]  # field -> its columns, which may differ between files
    labels: Mapping[str, int]  # label -> rows, sorted by label; only labels with 3 rows or more
    out_of_scope: str | None  # the label that means "none of these"
    positive: tuple[str, ...]  # the labels whose summed probability is scored; empty: not known
    recommendations: Mapping[str, int]  # recommendation (second line of a target) -> rows
    longest_target: str  # the longest target, in the form that the model is trained on
    inputs: tuple[str, ...]  # of a table: the columns that the prompt shows, one a line
    protected: tuple[str, ...]  # columns that no prompt shows; kept for metrics by group
    lengths: InputLengths
    language: Language
    shape: str  # of the records, by its name in record_shape.py
    sample: bool  # whether these are the sample records of the domain
    warnings: tuple[Text, ...] = ()  # the most serious first
    notes: tuple[Text, ...] = ()  # worth a look, but no fault
    excluded: tuple[str, ...] = ()  # columns that no prompt shows: ids, dates, later knowledge
    stated_label_positions: tuple[str, ...] = ()  # ends of texts at which they state their labels
    # whether texts with other digits are other texts; None: it makes no difference worth a setting
    compare_digits: bool | None = None
    given_splits: tuple[str, ...] = ()  # that the files give; empty: all rows are split by newft
    split_rows: Mapping[str, int] = field(default_factory=dict)  # of each, as they will be split
    leaking: tuple[str, ...] = ()  # columns left out because each predicts the label alone
    reasons: Mapping[str, Text] = field(default_factory=dict)  # column -> why no prompt shows it
    doubtful: Mapping[str, Text] = field(default_factory=dict)  # shown column -> what to ask
    # label -> its rows in validation and in test
    held_out_labels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # label -> its other spellings in these files, beside the aliases of the task
    label_aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    indeterminate: tuple[str, ...] = ()  # labels whose rows were left out, as they were answered
    likely_positive: tuple[str, ...] = ()  # labels whose names say so, where there are several
    likely_indeterminate: tuple[str, ...] = ()  # whose names say that the outcome is not known yet
    has_chinese: bool = True  # whether any text has a Chinese character; True: not measured

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the files, as emitted/file_format.py names them."""
        return frozenset(file.kind for file in self.files)


@dataclass(frozen=True)
class Facts:
    """All measured facts: about the data, the machine and the model folder."""

    data: DataFacts
    machine: MachineFacts | None = None
    # None unless the model is a folder, or lies in the cache of a hub and is in no catalogue
    model: ModelFacts | None = None
