"""Detect the domain and task of records by their content, never by file names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import Column, ColumnMatch, is_text_column, match_columns
from newft.dataset.label_parsing import list_normalized_labels
from newft.emitted.label_rules import read_label
from newft.schema.kit import Field, Task

MIN_TYPICAL_SHARE = 1 / 3  # of the values: fewer may be chance, and no file has only typical ones
_WORD_PATTERN = re.compile(r"[a-z]+")


def detect_tasks(files: Sequence[DataFile], tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Return the tasks that fit the records best; several are tied, and none may fit."""
    scores: dict[str, int] = {}
    matches = {
        name: [match_columns(file.columns, task.single_fields, known={}) for file in files]
        for name, task in tasks.items()
    }
    has_text = any(_has_named_column(matches[name], "text", task) for name, task in tasks.items())
    has_text = has_text or all(_has_prose_column(file.columns) for file in files)
    for name, task in tasks.items():
        if (score := _score_task(files, task, matches[name], has_text=has_text)) is not None:
            scores[name] = score
    return tuple(name for name, score in scores.items() if score == max(scores.values()))


def _score_task(
    files: Sequence[DataFile], task: Task, matches: Sequence[ColumnMatch], *, has_text: bool
) -> int | None:
    """Count the fields whose values are typical; None if the records cannot be of the task."""
    if any(matched.missing for matched in matches):
        return None
    if task.tabular and (has_text or not _has_named_column(matches, "label", task)):
        return None
    found = 0
    for name, field in task.single_fields.items():
        if not field.typical:
            continue
        values = [value for value in _collect_values(files, matches, name) if value]
        if not values or _count_typical_values(values, field, task) < MIN_TYPICAL_SHARE * len(
            values
        ):
            return None
        found += 1
    return found


def _has_prose_column(columns: Sequence[Column]) -> bool:
    """Tell whether one text column is longer than all other columns together."""
    longest = max(columns, key=lambda column: column.length)
    others = sum(column.length for column in columns) - longest.length
    return is_text_column(longest) and longest.length > others


def _has_named_column(matches: Sequence[ColumnMatch], role: str, task: Task) -> bool:
    """Tell whether every file has a column for the role by name, not by values alone."""
    names = [name for name, field in task.single_fields.items() if field.role == role]
    return bool(names) and all(
        name in matched.columns and name not in matched.guessed
        for name in names
        for matched in matches
    )


def _collect_values(
    files: Sequence[DataFile], matches: Sequence[ColumnMatch], name: str
) -> list[str]:
    """Return the first values of a field in every file."""
    return [
        row[matched.columns[name]]
        for file, matched in zip(files, matches, strict=True)
        if name in matched.columns
        for row in file.preview_rows
    ]


def _count_typical_values(values: Sequence[str], field: Field, task: Task) -> int:
    """Count the values that are typical of the task."""
    if field.role == "label":
        known = {read_label(name, task.label_rules) for name in field.typical}
        return sum(not known.isdisjoint(list_normalized_labels(value, task)) for value in values)
    return sum(_contains_word(value.casefold(), field.typical) for value in values)


def _contains_word(text: str, words: Sequence[str]) -> bool:
    latin = set(_WORD_PATTERN.findall(text))
    return any(word in latin if word.isascii() else word in text for word in words)
