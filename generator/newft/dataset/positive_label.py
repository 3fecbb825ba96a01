"""Find the positive label, whose probability is scored, by its name or by its column's name."""

from __future__ import annotations

from collections.abc import Iterable

from newft.emitted.normalize import normalize_label
from newft.schema.kit import NO_LABELS, YES_LABELS, PositiveNames
from newft.text import fold_name


def find_positive_label(labels: Iterable[str], column: str, known: PositiveNames) -> str | None:
    """Return the positive label; None if neither the labels nor the column name decide."""
    labels = list(labels)
    named = _filter_known(labels, known.labels)
    if named:
        return named[0] if len(named) == 1 else None
    if len(labels) != 2:
        return None
    opposite = _filter_known(labels, known.negative_labels)
    if len(opposite) == 1:
        return next(label for label in labels if label not in opposite)
    if _is_column_named(column, known.yes_columns):
        return _pick_label(labels, YES_LABELS, NO_LABELS)
    if _is_column_named(column, known.no_columns):
        return _pick_label(labels, NO_LABELS, YES_LABELS)
    return None


def _filter_known(labels: Iterable[str], names: Iterable[str]) -> list[str]:
    known = {*map(normalize_label, names)}
    return [label for label in labels if normalize_label(label) in known]


def _is_column_named(column: str, names: Iterable[str]) -> bool:
    return fold_name(column) in map(fold_name, names)


def _pick_label(labels: list[str], wanted: tuple[str, ...], other: tuple[str, ...]) -> str | None:
    """Return the label in `wanted` if the other one is in `other`; None for labels such as 1, 2."""
    found, opposite = _filter_known(labels, wanted), _filter_known(labels, other)
    return found[0] if len(found) == len(opposite) == 1 else None
