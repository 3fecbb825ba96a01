"""What came of the raw rows, as `make data` tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .config import Config, DataConfig
from .keys import clean_label
from .near_duplicates import LARGEST
from .records import LONGEST_CELL
from .section import Reason
from .splits import PROCESSED, SPLITS, Move, Split

KEPT_LABELS, LONGEST_LABEL = 100, 60  # of unknown labels: how many, and how much of each
FAR = 0.1  # of the rows, from the share that was asked for
MANY_NEAR_DUPLICATES = 0.1  # of the rows
LARGE_GROUP = 0.1  # of the rows: a split that gets it is mostly this group


# formatting.py may give others: they are counted under their own name
REASONS = {
    "broken_row": Reason("does not fit the columns of its file"),
    "bad_encoding": Reason("holds damaged characters"),
    "too_long": Reason(f"has a cell of over {LONGEST_CELL:,} characters"),
    "empty_input": Reason("has no text", "text"),
    "empty_label": Reason("has no label", "label"),
    "label_in_input": Reason("its text states its label"),
    "unknown_label": Reason("its label is not one of the task", "label"),
    "duplicate": Reason("says the same as an earlier row", "text"),
    "near_duplicate_across_split": Reason("nearly repeats a text of a held-out split"),
    "untaught_label": Reason("no training row has its label"),
}
DOUBTS = {
    "text": "is {column} the column of data.columns.text?",
    "label": "is {column} the column of data.columns.label, and are its values in task.labels?",
    "group": "is {column} the column of data.columns.group?",
}


@dataclass
class Summary:
    """Counts of the rows that were kept and left out."""

    rows: int = 0
    kept: dict[Split, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    labels: dict[Split, Counter[str]] = field(
        default_factory=lambda: {split: Counter() for split in SPLITS}
    )
    rejects: Counter[str] = field(default_factory=Counter)
    unknown_labels: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)  # what to know about how they were read
    contradictions: int = 0
    moved: int = 0  # rows that are in another split than their hash chose
    near_duplicates_checked: bool = True

    def keep(self, split: Split, labels: Sequence[str], group: str) -> None:
        """Count a row of a split, and of a group if it is in one."""
        self.kept[split] += 1
        self.labels[split].update(labels)
        if group:
            self.groups[group] += 1

    def reject(self, reason: str, record: Mapping[str, str]) -> None:
        """Count a row that is left out."""
        self.rejects[reason] += 1
        if reason == "unknown_label":
            self.unknown_labels[clean_label(record["label"])[:LONGEST_LABEL]] += 1

    def move(self, move: Move) -> None:
        """Count a row in the split that it is moved to."""
        for split, change in ((move.source, -1), (move.target, 1)):
            self.kept[split] += change
            for label in move.labels:
                self.labels[split][label] += change
        self.moved += 1

    def drop(self, split: Split, labels: Sequence[str], reason: str) -> None:
        """Count a row that is left out after all."""
        self.kept[split] -= 1
        self.labels[split].subtract(labels)
        self.rejects[reason] += 1

    def untaught(self, labels: Iterable[str]) -> bool:
        """Whether no training row has one of the labels."""
        return any(not self.labels["train"][label] for label in labels)

    def facts(self) -> dict[str, object]:
        """The counts for summary.json."""
        frequent = dict(self.unknown_labels.most_common(KEPT_LABELS))
        return {**vars(self), "unknown_labels": frequent, "groups": len(self.groups)}

    def report(self, config: Config) -> str:
        """The summary for people."""
        lines = [f"{sum(self.kept.values()):,} of {self.rows:,} rows formatted"]
        lines += [f"  {split:<11}{count:>9,}" for split, count in self.kept.items()]
        if self.moved:
            moved = counted(self.moved, "row")
            lines.append(f"{moved} moved to another split, so that every label is in each")
        if self.rejects:
            path = PROCESSED / "rejects.jsonl"
            left_out = counted(sum(self.rejects.values()), "row")
            lines.append(f"{left_out} left out, with the reason in {path}")
            lines += self.left_out(config)
        if not self.near_duplicates_checked:
            lines.append(f"near-duplicates across splits not looked for: over {LARGEST:,} rows")
        warnings = [*self.files, *self._shares(config.data), *self.doubts(config)]
        warnings += [*self._near_duplicates(), *self._gaps(config.task.labels)]
        if self.contradictions:
            path = PROCESSED / "contradictions.jsonl"
            texts = counted(self.contradictions, "text")
            warnings.append(f"{texts} with several labels: see {path}")
        return "\n".join(lines + [f"warning: {warning}" for warning in warnings])

    def left_out(self, config: Config) -> Iterator[str]:
        """A line for each reason, the most frequent first."""
        reasons = {**REASONS, **config.task.reasons}
        width = max(map(len, self.rejects), default=0)
        for code, count in self.rejects.most_common():
            words = reasons[code].words if code in reasons else ""
            if code == "unknown_label":
                met = [f"{name} ({many:,})" for name, many in self.unknown_labels.most_common()]
                words += f": {some(met)}"
            yield f"  {count:>9,} {code:<{width}}  {words}".rstrip()

    def doubts(self, config: Config) -> Iterator[str]:
        """The columns for which most rows are left out or kept together: perhaps wrong ones."""
        reasons = {**REASONS, **config.task.reasons}
        for name, doubt in {**DOUBTS, **config.task.doubts}.items():
            codes = [code for code, reason in reasons.items() if reason.field == name]
            count = sum(self.rejects[code] for code in codes)
            if count > self.rows / 2 and name in config.data.columns:
                asked = doubt.format(column=" or ".join(config.data.columns[name]))
                yield f"{count:,} of {self.rows:,} rows are left out for their {name}: {asked}"
        many = sum(self.kept.values())
        for group, count in self.groups.most_common(1):
            if count > many * LARGE_GROUP:
                asked = DOUBTS["group"].format(column=" or ".join(config.data.columns["group"]))
                share = f"{count:,} of {many:,} rows are of group {group[:LONGEST_LABEL]}"
                yield f"{share}, and all in one split: {asked}"

    def _shares(self, data: DataConfig) -> Iterator[str]:
        """The splits that came out far from their share, as large groups and rare labels do."""
        many = sum(self.kept.values())
        wanted: dict[Split, float] = {"validation": data.validation_share, "test": data.test_share}
        for split, asked in wanted.items():
            share = self.kept[split] / many
            if (self.groups or self.moved) and abs(share - asked) > FAR:
                reason = "a group is in one split as a whole"
                yield (
                    f"{share:.0%} of the rows are for {split}, where {asked:.0%} was asked for: "
                    + (reason if self.groups else "each label has a row in every split")
                )

    def _near_duplicates(self) -> Iterator[str]:
        """Many rows that are left out as near-duplicates: they may be made from a template."""
        near = self.rejects["near_duplicate_across_split"]
        rows = sum(self.kept.values()) + near
        if near > rows * MANY_NEAR_DUPLICATES:
            yield (
                f"{near:,} of {rows:,} rows nearly repeat a text of a held-out split: look at them "
                "in rejects.jsonl; NEAR_DUPLICATES = False in formatting.py keeps them"
            )

    def _gaps(self, labels: Sequence[str]) -> Iterator[str]:
        """The labels without a row, and those without one to learn from or to be judged by."""
        met = set[str]().union(*(+count for count in self.labels.values()))
        if unmet := [label for label in labels if label not in met]:
            yield f"in task.labels, and no row has it: {some(unmet)}"
        missing = {
            split: [label for label in labels if label in met and not self.labels[split][label]]
            for split in ("train", "test")
        }
        lacks = [f"no {split} row for {some(names)}" for split, names in missing.items() if names]
        if lacks:
            yield "; ".join(lacks)


def counted(many: int, one: str) -> str:
    """A number and its noun, which takes an `s` unless there is one."""
    return f"{many:,} {one}" if many == 1 else f"{many:,} {one}s"


def some(names: Sequence[str]) -> str:
    """The first few of the names, and how many more there are."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
