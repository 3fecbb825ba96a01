"""What the rows of the user's files come to: labels, rejects, lengths, language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newft.dataset.label_parsing import parse_labels, parse_spellings, pick_frequent_spellings
from newft.dataset.length_stats import LengthStats
from newft.emitted.label_leaks import find_leak
from newft.emitted.label_rules import list_spellings, read_label
from newft.emitted.multilabel import segment, split_parts
from newft.emitted.normalize import (
    MISSING_GROUP,
    MISSING_LABEL,
    MISSING_VALUE,
    is_missing,
    normalize_label,
    normalize_text,
)
from newft.emitted.readers import Row, to_text
from newft.schema.dataset import InputLengths
from newft.schema.kit import FieldRole, Task
from newft.text import Language

MIN_ROWS_PER_LABEL = 3  # one row for each split
MIN_CHINESE_SHARE = 0.2  # of the characters; Chinese support text is full of Latin product names
REJECT_CODES = (
    *("broken_row", "bad_encoding", "too_long", "empty_input", "empty_label"),
    *("empty_recommendation", "label_in_input", "duplicate"),
    *("unknown_label", "unknown_recommendation"),
)


@dataclass(frozen=True)
class Target:
    """What is answered to one record."""

    labels: tuple[str, ...]  # one, where a task has no several
    recommendation: str = ""


def sort_labels(rows: Mapping[str, int], scale: Sequence[str]) -> dict[str, int]:
    """Rows a label, in the order of a scale that has all the labels, else by name."""
    places = {normalize_label(name): place for place, name in enumerate(scale)}
    known = rows.keys() <= places.keys()
    return dict(sorted(rows.items(), key=lambda row: (places[row[0]] if known else 0, row[0])))


@dataclass
class RowStats:
    """What the rows come to, by the same rules as the project's own data step."""

    task: Task
    columns: Mapping[FieldRole, tuple[str, ...]]
    inputs: tuple[str, ...] = ()  # where no column holds the text
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    answers: Counter[Target] = field(default_factory=Counter)
    repeats: Counter[Target] = field(default_factory=Counter)  # rows that were there before
    lengths: LengthStats = field(default_factory=LengthStats)
    seen: dict[int, tuple[Target, ...]] = field(default_factory=dict)  # input -> its answers
    known: dict[tuple[str, str], Target] = field(default_factory=dict)  # one object each, shared
    cells: Counter[tuple[str, str]] = field(
        default_factory=Counter
    )  # rows of each label, recommendation
    alone: dict[Target, tuple[Target, ...]] = field(default_factory=dict)
    contradicted: int = 0  # inputs with more than one answer
    groups: Counter[str] = field(default_factory=Counter)
    stated: str = ""  # how the first text that states its label does so

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        text, cells = (
            self._asked(row),
            (self._cell(row, "label"), self._cell(row, "recommendation")),
        )
        answer = self._answer(cells)
        if reason := row.fault or self._lacking(text, answer):
            self.rejected[reason] += 1
            return
        self.cells[cells] += 1
        # eight bytes a row, however long the text; in a table every digit counts
        key = hash(text if self.task.tabular else normalize_text(text))
        before = self.seen.get(key, ())
        if answer in before:
            self.repeats[answer] += 1
            return
        alone = self.alone.setdefault(answer, (answer,))
        self.seen[key] = (*before, answer) if before else alone
        self.contradicted += len(before) == 1
        self.answers[answer] += 1
        self.lengths.add(text)
        group = self._cell(row, "group").strip()
        if not is_missing(group, MISSING_GROUP):
            self.groups[group] += 1

    def tell_lists(self) -> None:
        """Take labels apart that are lists of others: all labels are known once all rows are."""
        if self.task.label_rules.separator is None:
            return
        made_of = _split_into_known(_count_labels(self.answers), self.task)
        told = {
            answer: replace(
                answer,
                labels=tuple(sorted({name for label in answer.labels for name in made_of[label]})),
            )
            for answer in self.answers
        }
        self.answers, self.repeats = (
            _merge_targets(self.answers, told),
            _merge_targets(self.repeats, told),
        )
        for several in (answers for answers in self.seen.values() if len(answers) > 1):
            distinct = Counter(told[answer] for answer in several)
            repeats = Counter({answer: rows - 1 for answer, rows in distinct.items()})
            self.answers -= repeats
            self.repeats += repeats
            self.contradicted -= len(distinct) == 1

    def _lacking(self, text: str, answer: Target) -> str:
        """The code of what a row has not, if anything."""
        if not text or not answer.labels:
            return "empty_label" if text else "empty_input"
        if "recommendation" in self.columns and not answer.recommendation:
            return "empty_recommendation"
        if stated := self._stated(text, answer):
            self.stated = self.stated or stated
            return "label_in_input"
        return ""

    def _stated(self, text: str, answer: Target) -> str | None:
        """The part of the text that states a label of the row; of a table, of a single value."""
        values = [line.partition(": ")[2] for line in text.split("\n")]
        task = self.task
        names = [
            name for label in answer.labels for name in list_spellings(label, task.label_rules)
        ]
        found = (
            find_leak(value, names, label_names=task.label_names, patterns=task.leak_patterns)
            for value in (values if task.tabular else [text])
        )
        return next(filter(None, found), None)

    def _asked(self, row: Row) -> str:
        """What is asked: the text and its context, or a line for each input."""
        if not self.task.tabular:
            text, context = self._cell(row, "text").strip(), self._cell(row, "context").strip()
            return (
                text if not text or is_missing(context, MISSING_GROUP) else f"{text}\n\n{context}"
            )
        cells = {name: _clean_cell(to_text(row.values.get(name))) for name in self.inputs}
        lines = [f"{name.replace('_', ' ')}: {cell or '-'}" for name, cell in cells.items()]
        return "\n".join(lines) if any(cells.values()) else ""

    def _answer(self, cells: tuple[str, str]) -> Target:
        if cells not in self.known:
            recommendation = (
                "" if is_missing(cells[1], MISSING_LABEL) else normalize_label(cells[1])
            )
            self.known[cells] = Target(parse_labels(cells[0], self.task), recommendation)
        return self.known[cells]

    def _cell(self, row: Row, role: FieldRole) -> str:
        """The text of the first of a role's columns that the row has."""
        for column in self.columns.get(role, ()):
            if column in row.values:
                return to_text(row.values[column])
        return ""

    def answers_kept(self) -> dict[Target, int]:
        """Rows an answer, of the answers whose parts can be in every split."""
        kept = dict(self.answers)
        while True:
            labels, recommendations = _count_labels(kept), _count_recommendations(kept)
            fewer = {
                answer: rows
                for answer, rows in kept.items()
                if min(
                    [
                        recommendations[answer.recommendation],
                        *(labels[label] for label in answer.labels),
                    ]
                )
                >= MIN_ROWS_PER_LABEL
            }
            if len(fewer) == len(kept):
                return kept
            kept = fewer

    def accepted(self) -> int:
        """Rows that can be used."""
        return sum(self.answers_kept().values())

    def labels(self) -> dict[str, int]:
        """Rows of each label that was found, in order; labels as most rows spell them."""
        return self._spelled(sort_labels(_count_labels(self.answers), self._scale()))

    def labels_kept(self) -> dict[str, int]:
        """Rows of each label that can be in every split, in order."""
        return self._spelled(sort_labels(_count_labels(self.answers_kept()), self._scale()))

    def recommendations_kept(self) -> dict[str, int]:
        """Rows of each recommendation, by name; none where the records have none."""
        recommendations, spelling = (
            _count_recommendations(self.answers_kept()),
            pick_frequent_spellings(self.recommendation_spellings()),
        )
        return {spelling[name]: rows for name, rows in sorted(recommendations.items()) if name}

    def label_spellings(self) -> dict[str, Counter[str]]:
        """The rows of each spelling of each label, as the cells hold it."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (cell, _), rows in self.cells.items():
            for label, spelling in parse_spellings(cell, self.task).items():
                found[label][spelling.strip()] += rows
        return found

    def recommendation_spellings(self) -> dict[str, Counter[str]]:
        """The rows of each spelling of each recommendation."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (_, cell), rows in self.cells.items():
            found[normalize_label(cell)][cell.strip()] += rows
        return found

    def _spelled(self, rows: Mapping[str, int]) -> dict[str, int]:
        spelling = pick_frequent_spellings(self.label_spellings())
        return {spelling[label]: many for label, many in rows.items()}

    def _scale(self) -> tuple[str, ...]:
        """The labels that records of the task usually have; of several in a row, none is higher."""
        if self.task.label_rules.separator:
            return ()
        return next(
            (
                tuple(read_label(name, self.task.label_rules) for name in f.typical)
                for f in self.task.fields.values()
                if f.role == "label"
            ),
            (),
        )

    def longest_answer(self) -> str:
        """The longest answer, as it is trained on."""
        label, recommendation = map(
            pick_frequent_spellings, (self.label_spellings(), self.recommendation_spellings())
        )
        written = (
            ";".join(label[name] for name in answer.labels)
            + (f"\n{recommendation[answer.recommendation]}" if answer.recommendation else "")
            for answer in self.answers_kept()
        )
        return max(written, key=len, default="")

    def rejects(self) -> dict[str, int]:
        """Rows left out, by reason code."""
        kept = self.answers_kept()
        labels = _count_labels(kept)
        rejected = Counter(self.rejected)
        for answer, rows in self.answers.items():
            if answer in kept:
                rejected["duplicate"] += self.repeats[answer]
            else:
                known = all(label in labels for label in answer.labels)
                code = "unknown_recommendation" if known else "unknown_label"
                rejected[code] += rows + self.repeats[answer]
        return {code: rejected[code] for code in REJECT_CODES if rejected[code]}

    def language(self) -> Language:
        """The language that most of the text is in."""
        return "zh" if self.lengths.chinese_share() > MIN_CHINESE_SHARE else "en"

    def text_lengths(self) -> InputLengths:
        """How long the inputs are."""
        return self.lengths.summarize()


def _clean_cell(cell: str) -> str:
    return "" if is_missing(cell, MISSING_VALUE) else " ".join(cell.split())


def _split_into_known(labels: Iterable[str], task: Task) -> dict[str, set[str]]:
    """What each label is a list of, or itself: 盗窃、诈骗 is two where both stand elsewhere."""
    parts = {label: split_parts(label, task.label_rules) for label in labels}
    listed: dict[Sequence[str], str] = {}
    made_of: dict[str, set[str]] = {}
    for label in sorted(parts, key=lambda label: len(parts[label])):
        made_of[label] = segment(parts[label], listed) or {label}
        if made_of[label] == {label}:
            listed[parts[label]] = label
    return made_of


def _merge_targets(rows: Counter[Target], told: Mapping[Target, Target]) -> Counter[Target]:
    summed: Counter[Target] = Counter()
    for answer, count in rows.items():
        summed[told[answer]] += count
    return summed


def _count_labels(answers: Mapping[Target, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for answer, rows in answers.items():
        for label in answer.labels:
            found[label] += rows
    return found


def _count_recommendations(answers: Mapping[Target, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for answer, rows in answers.items():
        found[answer.recommendation] += rows
    return found
