"""Sort the columns of a file by what they may serve for: texts, labels, and others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from newft.dataset.column_match import Column, is_id_column, is_text_column

MAX_LABEL_LENGTH = 40  # characters on average: longer values are no names
MIN_ROWS_PER_VALUE = 2  # on average, of a column of labels: ids and amounts hardly repeat

_DATE_PATTERN = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}")  # days repeat, and are no labels


class ColumnKinds(NamedTuple):
    """The columns of a file by what they may serve for."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    inputs: tuple[str, ...]  # numbers and categories
    others: tuple[str, ...]  # ids, names, objects, and what is empty


def sort_columns(columns: Sequence[Column]) -> ColumnKinds:
    """Sort columns into texts, labels and others: longest texts, and names before codes."""
    texts = [one for one in columns if is_text_column(one) and not is_id_column(one)]
    labels = [one for one in columns if one not in texts and _may_be_label(one)]
    labels.sort(key=lambda one: one.number_share > 0.5)
    apart = [one for one in columns if one not in texts and one not in labels]
    inputs = [one for one in apart if _may_be_input(one)]
    return ColumnKinds(
        tuple(one.name for one in sorted(texts, key=lambda one: -one.length)),
        tuple(one.name for one in labels),
        tuple(one.name for one in inputs),
        tuple(one.name for one in apart if one not in inputs),
    )


def _may_be_label(column: Column) -> bool:
    if column.examples and all(map(_DATE_PATTERN.match, column.examples)):
        return False
    repeats = 2 <= column.distinct <= column.filled / MIN_ROWS_PER_VALUE
    return repeats and column.length <= MAX_LABEL_LENGTH


def _may_be_input(column: Column) -> bool:
    """Tell whether a column measures something: an id, or a name for each row, does not."""
    named = column.letter_share > 0.5 and column.distinct == column.filled
    return column.filled > 0 and not (named or is_id_column(column))
