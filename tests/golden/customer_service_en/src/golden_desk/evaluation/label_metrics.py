"""Precision, recall, F1 and support of each label, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.preprocessing import MultiLabelBinarizer
from wcwidth import width

from ..data.summary import shorten_list
from ..formatting import extract_labels
from ..runtime.messages import fill
from ..runtime.text_layout import (
    COLUMN_GAP,
    LINE_WIDTH,
    align_columns,
    truncate,
    wrap,
)
from ..task import TaskConfig
from .predictions import UNREADABLE_INDEX

MAX_SHOWN_LABELS = 10  # labels on the screen; evaluation.json holds all
INDENT = "  "
LABEL_WIDTH = 20  # cells of a label on the screen
METRIC_NAMES = ("precision", "recall", "f1", "support")


@dataclass(frozen=True)
class LabelMetrics:
    """The metrics of each label, as arrays in the order of the labels; NaN if undefined."""

    labels: Sequence[str]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    # [target, prediction]; the last column counts predictions that miss the target without naming a
    # wrong label: unreadable ones, and those that leave out one of several labels
    confusion: NDArray[np.int64]

    def worst_first(self) -> list[int]:
        """The indices of the labels that have test rows, by increasing F1."""
        met = np.flatnonzero(self.support)
        return sorted(map(int, met), key=lambda label: (self.f1[label], -self.support[label]))

    def list_labels_without_rows(self) -> list[str]:
        """The labels without a test row; no mean contains them."""
        return [self.labels[int(label)] for label in np.flatnonzero(self.support == 0)]


def compute_label_metrics(
    gold: Sequence[str], given: Sequence[str | None], task: TaskConfig
) -> LabelMetrics:
    """The metrics of the predictions; an unreadable prediction names no label."""
    wanted = [extract_labels(answer, task) for answer in gold]
    named = [[] if answer is None else extract_labels(answer, task) for answer in given]
    to_columns = MultiLabelBinarizer(classes=task.labels)
    precision, recall, f1, support = precision_recall_fscore_support(
        to_columns.fit_transform(wanted),
        to_columns.fit_transform(named),
        average=None,
        zero_division=np.nan,
    )
    place = {label: index for index, label in enumerate(task.labels)}
    pairs = [
        (place[right], place.get(wrong, UNREADABLE_INDEX))
        for row in zip(wanted, named, strict=True)
        for right, wrong in _pair_labels(*row)
    ]
    rows, columns = zip(*pairs, strict=True)
    confusion = confusion_matrix(rows, columns, labels=[*place.values(), UNREADABLE_INDEX])
    return LabelMetrics(task.labels, precision, recall, f1, support, confusion[:-1])


def _pair_labels(wanted: Sequence[str], named: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each target with the label that was predicted for it, or with an empty text."""
    wrong = [label for label in named if label not in wanted] or [""]
    for right in wanted:
        yield from [(right, right)] if right in named else [(right, label) for label in wrong]


def label_metrics_to_dicts(metrics: LabelMetrics) -> dict[str, dict[str, float | int | None]]:
    """The metrics by label, for evaluation.json; None if a metric is undefined."""
    columns = [getattr(metrics, name).tolist() for name in METRIC_NAMES]
    return {
        label: {
            name: None if np.isnan(value) else value
            for name, value in zip(METRIC_NAMES, values, strict=True)
        }
        for label, *values in zip(metrics.labels, *columns, strict=True)
    }


def format_coverage(metrics: LabelMetrics) -> list[str]:
    """A line that names the labels without a test row, if there are any."""
    if not (missing := metrics.list_labels_without_rows()):
        return []
    return [
        wrap(
            fill(
                "{met} of {all} labels have a test row; averages over labels exclude {names}",
                met=len(metrics.labels) - len(missing),
                all=len(metrics.labels),
                names=shorten_list(missing),
            )
        )
    ]


def format_label_table(metrics: LabelMetrics) -> list[str]:
    """The labels with the lowest F1, and the label most often predicted in their place."""
    worst = metrics.worst_first()[:MAX_SHOWN_LABELS]
    heads = [fill("precision"), fill("recall"), "F1", fill("support")]
    table = [["", "", *heads]]
    for number, label in enumerate(worst, start=1):
        shares = (metrics.precision[label], metrics.recall[label], metrics.f1[label])
        figures = ["-" if np.isnan(share) else f"{share:.3f}" for share in shares]
        name = truncate(metrics.labels[label], LABEL_WIDTH)
        table.append([f"{number}", name, *figures, f"{metrics.support[label]:,}"])
    wrong = [_describe_top_confusion(metrics, label) for label in worst]
    lines = align_columns(table, left=(1,))
    room = LINE_WIDTH - len(INDENT) - max(map(width, lines)) - 2 * len(COLUMN_GAP)
    texts = [fill("confused with"), *wrong]
    table = [[*row, truncate(text, room)] for row, text in zip(table, texts, strict=True)]
    return align_columns(table, left=(1, 6))


def format_confusion_matrix(metrics: LabelMetrics) -> list[str]:
    """The confusion matrix of the labels in format_label_table, by their numbers there."""
    worst = metrics.worst_first()[:MAX_SHOWN_LABELS]
    others = [label for label in range(len(metrics.labels)) if label not in worst]
    counts = metrics.confusion[worst]
    columns = [*counts[:, worst].T, *([counts[:, others].sum(axis=1)] if others else [])]
    heads = [
        *(f"{number}" for number in range(1, len(worst) + 1)),
        *[fill("others")][: len(others)],
    ]
    table = [["", *heads, "?"]]
    for number, row in enumerate(zip(*columns, counts[:, -1], strict=True), start=1):
        table.append([f"{number}", *(f"{count:,}" for count in row)])
    return align_columns(table, left=())


def _describe_top_confusion(metrics: LabelMetrics, label: int) -> str:
    """The label most often predicted in place of a label, with its count."""
    counts = metrics.confusion[label].copy()
    counts[label] = 0
    most = int(counts.argmax())
    if not counts[most]:
        return ""
    name = fill("(no label)") if most == len(metrics.labels) else metrics.labels[most]
    return f"{counts[most]:,} {name}"
