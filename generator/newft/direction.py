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
    named = _among(labels, known.labels)
    if named:
        return named[0] if len(named) == 1 else None
    if len(labels) != 2:
        return None
    opposite = _among(labels, known.others)
    if len(opposite) == 1:
        return next(label for label in labels if label not in opposite)
    if _is_called(column, known.yes_columns):
        return _of(labels, YES, NO)
    if _is_called(column, known.no_columns):
        return _of(labels, NO, YES)
    return None


def _among(labels: Iterable[str], names: Iterable[str]) -> list[str]:
    known = {*map(normal_label, names)}
    return [label for label in labels if normal_label(label) in known]


def _is_called(column: str, names: Iterable[str]) -> bool:
    return fold(column) in map(fold, names)


def _of(labels: list[str], wanted: tuple[str, ...], other: tuple[str, ...]) -> str | None:
    """The label that means what is wanted; None where not both are there, as with 1 and 2."""
    found, opposite = _among(labels, wanted), _among(labels, other)
    return found[0] if len(found) == len(opposite) == 1 else None
