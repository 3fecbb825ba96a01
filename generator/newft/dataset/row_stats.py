"""Read the rows of the user's files by the rules that a project formats them by."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from newft.dataset.label_parsing import list_normalized_labels, parse_spellings
from newft.dataset.length_stats import LengthStats
from newft.emitted.cells import find_cell_fault, read_text
from newft.emitted.dedup import SeenTexts, hash_text
from newft.emitted.file_format import Row
from newft.emitted.given_splits import has_unknown_split, hash_in_split, read_given_split
from newft.emitted.label_leaks import (
    POSITIONS,
    Position,
    excerpt_end,
    find_leak,
    list_positions,
    read_end,
)
from newft.emitted.near_duplicates import MAX_COMPARED_ROWS
from newft.emitted.normalize import (
    MISSING_GROUP_PATTERN,
    is_missing,
    normalize_label,
    normalize_text,
)
from newft.emitted.outcome_rules import find_outcome_fault
from newft.emitted.record_rules import find_reject_reason
from newft.emitted.splits import Split
from newft.emitted.table_fields import clean_value, format_fields
from newft.schema.kit import FieldRole, Task
from newft.text import CJK_PATTERN

# Texts are kept while there may be few enough rows to compare: some are left out for their label.
MAX_KEPT_TEXTS = 2 * MAX_COMPARED_ROWS
MAX_KEPT_ENDS = 5_000  # texts: a share of 2 % is then known to 0.2 points, one standard error

READ_ROLES: tuple[FieldRole, ...] = (
    "text",
    "label",
    "recommendation",
)  # READ_FIELDS, and its advice

TargetCells = tuple[str, str]  # of a row: the label and the recommendation, as the file writes them


class Target(NamedTuple):
    """What a row should be answered with; its labels are normalized."""

    labels: tuple[str, ...]  # one, where the records of the task have no several
    recommendation: str = ""


class RowPlace(NamedTuple):
    """Where a row is: its file, and its number there."""

    file: str
    number: int


TargetWithPositions = tuple[Target, tuple[Position, ...]]  # and where the text has its labels


@dataclass(frozen=True)
class PromptInput:
    """What the model is shown of a row."""

    text: str
    inputs: tuple[str, ...]  # the parts that may state the label
    compared: str  # the text without the question that many rows share


@dataclass
class DistinctRows:
    """What is remembered of the rows that repeat no earlier one, one entry a row."""

    answers: array[int] = field(default_factory=lambda: array("I"))  # numbers of RowStats.answers
    repeats: array[int] = field(default_factory=lambda: array("I"))  # later rows that repeat it
    text_hashes: array[int] = field(default_factory=lambda: array("Q"))
    split_hashes: array[int] = field(default_factory=lambda: array("Q"))  # of the compared text
    groups: list[str] = field(default_factory=list)  # empty where a row is in none
    given: list[Split] = field(default_factory=list)  # where the files give splits
    texts: list[str] | None = field(default_factory=list)  # None: too many to compare

    def add(self, answer: int, group: str, hashes: tuple[int, int], compared: str) -> None:
        """Remember one row."""
        self.answers.append(answer)
        self.repeats.append(0)
        self.groups.append(group)
        self.text_hashes.append(hashes[0])
        self.split_hashes.append(hashes[1])
        if self.texts is not None:
            self.texts.append(compared)
            if len(self.texts) > MAX_KEPT_TEXTS:
                self.texts = None


@dataclass
class RowStats:
    """The rows as they are read; `row_outcome.py` finds what becomes of them."""

    task: Task
    columns: Mapping[FieldRole, tuple[str, ...]]
    inputs: tuple[str, ...] = ()  # where no column holds the text
    split_columns: tuple[str, ...] | None = None  # None: the files give no splits
    compare_digits: bool = False  # texts with other digits are other texts
    indeterminate: tuple[str, ...] = ()  # labels whose rows are left out, as they are answered
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # rows with a fault of their own
    first_rejected: dict[str, RowPlace] = field(default_factory=dict)  # by the fault
    unlabelled: Counter[str] = field(default_factory=Counter)  # what stands for no label, in rows
    distinct: DistinctRows = field(default_factory=DistinctRows)
    lengths: LengthStats = field(default_factory=LengthStats)  # of the distinct rows
    cells: Counter[TargetCells] = field(
        default_factory=Counter
    )  # rows without a fault of their own
    has_chinese: bool = False  # whether the text of any row has a Chinese character
    stated: str = ""  # how the first text that states its label does so
    stated_ends: dict[Position, str] = field(default_factory=dict)  # the first with its own label
    ends: list[tuple[str, ...]] = field(default_factory=list)  # of the first distinct texts
    answers: dict[TargetWithPositions, int] = field(default_factory=dict)  # each with its number
    seen: SeenTexts[int] = field(default_factory=SeenTexts)  # the distinct rows and their answers
    _targets: dict[TargetCells, Target] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Read one row."""
        self.rows += 1
        question = self._read_question(row)
        if not (self.has_chinese or question.text.isascii()):
            self.has_chinese = CJK_PATTERN.search(question.text) is not None
        cells = (self._get_cell(row, "label"), self._get_cell(row, "recommendation"))
        target = self._read_target(cells)
        fault = row.fault or self._find_cell_fault(row) or self._find_split_fault(row)
        if fault := fault or self._find_fault(question, target, cells):
            self.rejected[fault] += 1
            self.first_rejected.setdefault(fault, RowPlace(row.file, row.number))
            if fault == "empty_label" and (mark := cells[0].strip()):
                self.unlabelled[mark] += 1
            return
        self.cells[cells] += 1
        split = self._read_split(row)
        text_hash = hash_in_split(hash_text(self._to_key(question.text)), split)
        stated = self._list_positions(question, target)
        answer = self.answers.setdefault((target, stated), len(self.answers))
        if (earlier := self.seen.find_earlier(text_hash, answer)) is not None:
            self.distinct.repeats[earlier] += 1
            return
        self.lengths.add(question.text)
        if len(self.ends) < MAX_KEPT_ENDS:
            self.ends.append(tuple(read_end(question.compared, at) for at in POSITIONS))
        split_hash = hash_in_split(text_hash, split)
        if question.compared != question.text:
            split_hash = hash_text(self._to_key(question.compared))
        group = self._get_cell(row, "group").strip()
        group = "" if is_missing(group, MISSING_GROUP_PATTERN) else group
        self.distinct.add(answer, group, (text_hash, split_hash), question.compared)
        if split:
            self.distinct.given.append(split)

    def count_labels(self) -> Counter[str]:
        """The rows of each cell that has a label, as the files write it."""
        found: Counter[str] = Counter()
        for (cell, _), rows in self.cells.items():
            found[cell] += rows
        return found

    def label_spellings(self) -> dict[str, Counter[str]]:
        """The rows of each spelling of each label, as the cells hold it."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (cell, _), rows in self.cells.items():
            for label, spelling in parse_spellings(cell, self.task).items():
                found[label][spelling.strip()] += rows
        return found

    def list_known_labels(self) -> set[str]:
        """The normalized labels of all rows, also of those that are left out."""
        return {label for target in self._targets.values() for label in target.labels}

    def recommendation_spellings(self) -> dict[str, Counter[str]]:
        """The rows of each spelling of each recommendation."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (_, cell), rows in self.cells.items():
            found[normalize_label(cell)][cell.strip()] += rows
        return found

    def _list_positions(self, question: PromptInput, target: Target) -> tuple[Position, ...]:
        """The ends of a free text at which a label of its row stands."""
        if self.task.tabular:
            return ()
        text = question.compared
        found = list_positions(text, target.labels, self.task.label_rules)
        for at in found:
            self.stated_ends.setdefault(at, excerpt_end(text, at))
        return tuple(found)

    def _find_cell_fault(self, row: Row) -> str:
        """Why the lists and objects of a row cannot be used."""
        values: dict[str, object] = {role: self._get_value(row, role) for role in READ_ROLES}
        return find_cell_fault(values, several=self.task.label_rules.separator is not None)

    def _find_fault(self, question: PromptInput, target: Target, cells: TargetCells) -> str:
        recommendation = cells[1] if "recommendation" in self.columns else None
        rules, labels = self.task.leak_rules, target.labels
        fault = find_reject_reason(
            question.inputs,
            labels,
            rules,
        )
        fault = fault or find_outcome_fault(
            labels,
            rules.label_rules,
            recommendation=recommendation,
            indeterminate=self.indeterminate,
        )
        if fault == "label_in_input" and not self.stated:
            found = (find_leak(text, labels, rules) for text in question.inputs)
            self.stated = next(filter(None, found))
        return fault

    def _read_question(self, row: Row) -> PromptInput:
        """The text and its context, or a line for each input."""
        if self.task.tabular:
            values = {name: clean_value(read_text(row.values.get(name))) for name in self.inputs}
            text = format_fields(values)
            return PromptInput(text, tuple(values.values()), text)
        text = self._get_cell(row, "text").strip()
        if not self.task.context_field:
            return PromptInput(text, (text,), text)
        one_line, context = " ".join(text.split()), self._get_cell(row, "context").strip()
        whole = (
            one_line if is_missing(context, MISSING_GROUP_PATTERN) else f"{one_line}\n\n{context}"
        )
        return PromptInput(whole, (one_line,), one_line)

    def _to_key(self, text: str) -> str:
        """What two texts share when one repeats the other; in a table every value counts."""
        if self.task.tabular:
            return text
        return normalize_text(text, keep_digits=self.compare_digits)

    def _read_target(self, cells: TargetCells) -> Target:
        if cells not in self._targets:
            target = Target(list_normalized_labels(cells[0], self.task), normalize_label(cells[1]))
            self._targets[cells] = target
        return self._targets[cells]

    def _read_split(self, row: Row) -> Split | None:
        """The split that the files give a row."""
        if self.split_columns is None:
            return None
        return read_given_split(self._get_split_cell(row), row.file)

    def _find_split_fault(self, row: Row) -> str:
        return "unknown_split" if has_unknown_split(self._get_split_cell(row)) else ""

    def _get_split_cell(self, row: Row) -> str:
        named = (row.values[name] for name in self.split_columns or () if name in row.values)
        return read_text(next(named, None))

    def _get_cell(self, row: Row, role: FieldRole) -> str:
        """The text of the first of a role's columns that the row has."""
        return read_text(self._get_value(row, role))

    def _get_value(self, row: Row, role: FieldRole) -> object:
        """What the first of a role's columns that the row has holds."""
        for column in self.columns.get(role, ()):
            if column in row.values:
                return row.values[column]
        return None
