"""Which label is the one whose probability is scored: its own name tells, or its column's."""

from __future__ import annotations

from collections.abc import Iterable

from newft.entries import Positive
from newft.keys import normal_label
from newft.names import fold

YES = ("yes", "true", "1", "y", "t", "是", "有")
NO = ("no", "false", "0", "n", "f", "否", "无")


def positive_label(labels: Iterable[str], column: str, known: Positive) -> str | None:
    """The positive label among `labels`; None where neither they nor the column's name tell."""
    labels = list(labels)
    named = [label for label in labels if label in map(normal_label, known.labels)]
    if named:
        return named[0] if len(named) == 1 else None
    if len(labels) != 2:
        return None
    opposite = [label for label in labels if label in map(normal_label, known.others)]
    if len(opposite) == 1:
        return next(label for label in labels if label not in opposite)
    if _is_called(column, known.yes_columns):
        return _only(labels, YES)
    if _is_called(column, known.no_columns):
        return _only(labels, NO)
    return None


def _is_called(column: str, names: Iterable[str]) -> bool:
    return fold(column) in map(fold, names)


def _only(labels: list[str], among: tuple[str, ...]) -> str | None:
    found = [label for label in labels if label in among]
    return found[0] if len(found) == 1 else None
