"""What came of the raw rows, as `make data` tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..config import Config
from ..config_base import DataConfig
from ..formatting import DROP_NEAR_DUPLICATES
from ..runtime.messages import fill
from ..task import TaskConfig
from .file_format import MAX_CELL_CHARS
from .near_duplicates import MAX_COMPARED_ROWS
from .normalize import clean_label
from .reject_reasons import DUPLICATE_WITHOUT_DIGITS, REJECT_REASONS
from .splits import PROCESSED_DIR, SPLITS, RowMove, Split

MAX_KEPT_LABELS, MAX_LABEL_CHARS = 100, 60  # of unknown labels: how many, and how much of each
MAX_SHARE_DEVIATION = 0.1  # of the rows, from the share that was asked for
NEAR_DUPLICATE_WARNING_SHARE = 0.1  # of the rows
LARGE_GROUP_SHARE = 0.1  # of the rows: a split that gets it is mostly this group
FEW_LABEL_ROWS = 5  # of one label in a split: one row more or less is 20 points and more
MAX_SHOWN_LABELS = 20  # with their rows in each split
MAX_SHOWN_NAMES = 5  # of a list; how many more there are is said

WRONG_COLUMN_QUESTIONS = {
    "text": "is {column} the column of data.columns.text?",
    "label": "is {column} the column of data.columns.label, and are its values in task.labels?",
    "group": "is {column} the column of data.columns.group?",
}
# of a field that only some tasks have
OTHER_COLUMN_QUESTION = (
    "is {column} the column of data.columns.{field}, and are its values those of config/run.yaml?"
)


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
    notes: list[str] = field(default_factory=list)  # how the files were read: nothing to be done
    files: list[str] = field(default_factory=list)  # what may be missing of them
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
            self.unknown_labels[clean_label(record["label"])[:MAX_LABEL_CHARS]] += 1

    def move(self, move: RowMove) -> None:
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

    def facts(self) -> dict[str, object]:
        """The counts for summary.json."""
        frequent = dict(self.unknown_labels.most_common(MAX_KEPT_LABELS))
        return {**vars(self), "unknown_labels": frequent, "groups": len(self.groups)}

    def report(self, config: Config) -> str:
        """The summary for people."""
        lines = [fill("warning: {text}", text=each) for each in self._near_duplicates()]
        lines += [
            fill(
                "{kept:,} of {rows:,} rows formatted",
                kept=sum(self.kept.values()),
                rows=self.rows,
            )
        ]
        lines += [f"  {split:<11}{count:>9,}" for split, count in self.kept.items()]
        lines += self._rare_labels(config.task.labels)
        if given := config.data.given_splits:
            lines.append(
                fill(
                    "the data files say which rows are {splits}; data.given_splits: [] in "
                    "config/run.yaml pools all rows and splits them again",
                    splits=fill(", ").join(given),
                )
            )
        if self.moved:
            lines.append(
                fill(
                    "rows moved to another split, so that each split contains each "
                    "label: {moved:,}",
                    moved=self.moved,
                )
            )
        if self.rejects:
            lines.append(
                fill(
                    "rejected rows: {count:,}, with the reasons in {path}",
                    count=sum(self.rejects.values()),
                    path=PROCESSED_DIR / "rejects.jsonl",
                )
            )
            lines += self.describe_rejects(config)
        if not self.near_duplicates_checked:
            lines.append(
                fill(
                    "more than {most:,} rows: near-duplicates across splits were not searched for",
                    most=MAX_COMPARED_ROWS,
                )
            )
        lines += [fill("note: {text}", text=each) for each in self.notes]
        warnings = [*self.files, *self._shares(config.data), *self.list_column_warnings(config)]
        warnings += self._gaps(config.task.labels)
        if self.contradictions:
            warnings.append(
                fill(
                    "texts with several labels: {count:,}; see {path}",
                    count=self.contradictions,
                    path=PROCESSED_DIR / "contradictions.jsonl",
                )
            )
        return "\n".join(lines + [fill("warning: {text}", text=each) for each in warnings])

    def describe_rejects(self, config: Config) -> Iterator[str]:
        """A line for each reason, the most frequent first."""
        width = max(map(len, self.rejects), default=0)
        for code, count in self.rejects.most_common():
            words = _describe_reason(code, config.task)
            if code == "duplicate" and DROP_NEAR_DUPLICATES and not config.data.compare_digits:
                words = fill(DUPLICATE_WITHOUT_DIGITS)
            if code == "unknown_label":
                met = [f"{name} ({many:,})" for name, many in self.unknown_labels.most_common()]
                words = fill("{reason}: {labels}", reason=words, labels=shorten_list(met))
            yield f"  {count:>9,} {code:<{width}}  {words}".rstrip()

    def list_column_warnings(self, config: Config) -> Iterator[str]:
        """The columns for which most rows are left out or kept together: perhaps wrong ones."""
        reasons = {**REJECT_REASONS, **config.task.reject_reasons}
        fields = (*WRONG_COLUMN_QUESTIONS, *config.task.list_rejecting_fields())
        for name in dict.fromkeys(fields):
            doubt = WRONG_COLUMN_QUESTIONS.get(name, OTHER_COLUMN_QUESTION)
            codes = [code for code, reason in reasons.items() if reason.field == name]
            count = sum(self.rejects[code] for code in codes)
            if count > self.rows / 2 and name in config.data.columns:
                yield fill(
                    "{count:,} of {rows:,} rows are rejected because of {field}: {question}",
                    count=count,
                    rows=self.rows,
                    field=name,
                    question=fill(
                        doubt, column=fill(" or ").join(config.data.columns[name]), field=name
                    ),
                )
        many = sum(self.kept.values())
        for group, count in self.groups.most_common(1):
            if count > many * LARGE_GROUP_SHARE:
                columns = fill(" or ").join(config.data.columns["group"])
                yield fill(
                    "{count:,} of {rows:,} rows belong to group {group} and must be in one split: "
                    "{question}",
                    count=count,
                    rows=many,
                    group=group[:MAX_LABEL_CHARS],
                    question=fill(WRONG_COLUMN_QUESTIONS["group"], column=columns),
                )

    def _shares(self, data: DataConfig) -> Iterator[str]:
        """The splits that came out far from their share, as large groups and rare labels do."""
        many = sum(self.kept.values())
        # fewer moved rows explain nothing: the hashes of few rows fall unevenly by chance
        have_cause = self.groups or self.moved > MAX_SHARE_DEVIATION * many
        wanted: dict[Split, float] = {
            "validation": data.validation_fraction,
            "test": data.test_fraction,
        }
        for split, asked in wanted.items():
            share = self.kept[split] / many
            if split in data.given_splits:
                continue
            if have_cause and abs(share - asked) > MAX_SHARE_DEVIATION:
                yield fill(
                    "{share:.0%} of the rows are in {split} instead of {asked:.0%}, as all rows "
                    "of a group are in one split"
                    if self.groups
                    else "{share:.0%} of the rows are in {split} instead of {asked:.0%}, as every "
                    "split has a row of each label",
                    share=share,
                    split=split,
                    asked=asked,
                )

    def _near_duplicates(self) -> Iterator[str]:
        """Many rows that are left out as near-duplicates: the first thing to know of the result."""
        near = self.rejects["near_duplicate_across_split"]
        rows = sum(self.kept.values()) + near
        if near > rows * NEAR_DUPLICATE_WARNING_SHARE:
            yield fill(
                "{count:,} of {rows:,} rows nearly repeat a validation or test row and are not "
                "trained on, as texts made from one template do: look at them in rejects.jsonl; "
                "DROP_NEAR_DUPLICATES = False in formatting.py keeps them",
                count=near,
                rows=rows,
            )

    def _rare_labels(self, labels: Sequence[str]) -> Iterator[str]:
        """The rows in each split, where one has few of a label."""
        counts = {label: [self.labels[split][label] for split in SPLITS] for label in labels}
        rare = {
            label: rows
            for label, rows in counts.items()
            if min(rows) < FEW_LABEL_ROWS and any(rows)
        }
        if not rare:
            return
        yield fill(
            "fewer than {few} rows of a label in a split: what is measured there may be chance; "
            "rows in {splits}:",
            few=FEW_LABEL_ROWS,
            splits=fill(", ").join(SPLITS),
        )
        shown = counts if len(counts) <= MAX_SHOWN_LABELS else rare
        for label, rows in list(shown.items())[:MAX_SHOWN_LABELS]:
            yield "".join(f"{count:>9,}" for count in rows) + f"  {label}"
        if len(shown) > MAX_SHOWN_LABELS:
            yield fill("  and {count:,} labels more", count=len(shown) - MAX_SHOWN_LABELS)

    def _gaps(self, labels: Sequence[str]) -> Iterator[str]:
        """The labels without a row, and those without one to learn from or to be judged by."""
        met = set[str]().union(*(+count for count in self.labels.values()))
        if unmet := [label for label in labels if label not in met]:
            yield fill("labels of task.labels without a row: {labels}", labels=shorten_list(unmet))
        judged: tuple[Split, ...] = ("train", "test")
        for split in judged:
            lost = [label for label in labels if label in met and not self.labels[split][label]]
            if lost:
                yield fill(
                    "labels without a row in {split}: {labels}",
                    split=split,
                    labels=shorten_list(lost),
                )


def _describe_reason(code: str, task: TaskConfig) -> str:
    """A code in words; nothing for one that only formatting.py knows."""
    reason = REJECT_REASONS.get(code) or task.reject_reasons.get(code)
    return fill(reason.words, limit=MAX_CELL_CHARS) if reason else ""


def shorten_list(names: Sequence[str]) -> str:
    """The first few of the names, and how many more there are."""
    first = fill(", ").join(names[:MAX_SHOWN_NAMES])
    if len(names) <= MAX_SHOWN_NAMES:
        return first
    return fill("{names} and {more:,} more", names=first, more=len(names) - MAX_SHOWN_NAMES)
