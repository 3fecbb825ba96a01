"""What the rows of the user's files come to: labels, rejects, lengths, language."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from newft.columns import CJK
from newft.entries import Language
from newft.model import Lengths
from newft.records import NO_GROUP, NO_LABEL, Row, is_missing, normal_label, skeleton, text_of

FEWEST_OF_A_LABEL = 3  # one row for each split
CHINESE_SHARE = 0.2  # of the characters; Chinese support text is full of Latin product names
CODES = (
    *("broken_row", "bad_encoding", "too_long", "empty_input", "empty_label"),
    *("duplicate", "unknown_label"),
)


@dataclass
class Tally:
    """What the rows come to, by the same rules as the project's own data step."""

    columns: Mapping[str, tuple[str, ...]]  # role -> columns
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)  # label -> rows that were there before
    lengths: Counter[int] = field(default_factory=Counter)
    seen: dict[int, tuple[str, ...]] = field(default_factory=dict)  # text -> its labels
    alone: dict[str, tuple[str, ...]] = field(default_factory=dict)  # one tuple a label, shared
    contradicted: int = 0  # texts with more than one label
    groups: Counter[str] = field(default_factory=Counter)
    chinese: int = 0  # characters

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        text, label = self._cell(row, "text").strip(), self._cell(row, "label")
        unlabelled = is_missing(label, NO_LABEL) and "empty_label"
        if reason := row.fault or (not text and "empty_input") or unlabelled:
            self.rejected[reason] += 1
            return
        label = normal_label(label)
        key = hash(skeleton(text))  # eight bytes a row, however long the text
        labels = self.seen.get(key, ())
        if label in labels:
            self.repeats[label] += 1
            return
        alone = self.alone.setdefault(label, (label,))
        self.seen[key] = (*labels, label) if labels else alone
        self.contradicted += len(labels) == 1
        self.labels[label] += 1
        self.lengths[len(text)] += 1
        self.chinese += 0 if text.isascii() else len(CJK.findall(text))
        group = self._cell(row, "group").strip()
        if not is_missing(group, NO_GROUP):
            self.groups[group] += 1

    def _cell(self, row: Row, role: str) -> str:
        """The text of the first of a role's columns that the row has."""
        for column in self.columns.get(role, ()):
            if column in row.values:
                return text_of(row.values[column])
        return ""

    def labels_kept(self) -> dict[str, int]:
        """Rows a label, by name, of the labels that can be in every split."""
        kept = sorted(label for label, rows in self.labels.items() if rows >= FEWEST_OF_A_LABEL)
        return {label: self.labels[label] for label in kept}

    def rejects(self) -> dict[str, int]:
        """Rows left out, by reason code."""
        kept = self.labels_kept()
        rejected = Counter(self.rejected)
        for label, rows in self.labels.items():
            if label in kept:
                rejected["duplicate"] += self.repeats[label]
            else:
                rejected["unknown_label"] += rows + self.repeats[label]
        return {code: rejected[code] for code in CODES if rejected[code]}

    def language(self) -> Language:
        """The language that most of the text is in."""
        characters = sum(length * rows for length, rows in self.lengths.items())
        return "zh" if self.chinese > characters * CHINESE_SHARE else "en"

    def text_lengths(self) -> Lengths:
        """Median, 95th percentile and maximum of the texts."""
        rows = sum(self.lengths.values())
        ordered = sorted(self.lengths.items())
        passed = list(accumulate(many for _, many in ordered))
        median, p95 = (ordered[bisect_left(passed, rows * share)][0] for share in (0.5, 0.95))
        return Lengths(median=median, p95=p95, longest=ordered[-1][0])
