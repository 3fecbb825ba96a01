"""Which domain and task the user's records are of: told by their content, never by file names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import Column, ColumnMatch, is_text_column, match_columns
from newft.dataset.label_parsing import parse_labels
from newft.emitted.label_rules import read_label
from newft.schema.kit import Field, Task

MIN_TYPICAL_SHARE = 1 / 3  # of the values: fewer are chance, and no file is typical throughout
_WORD_PATTERN = re.compile(r"[a-z]+")


def detect_tasks(sources: Sequence[DataFile], tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """The tasks that fit the records best: one where the content tells, none where nothing fits."""
    scores: dict[str, int] = {}
    matches = {
        name: [match_columns(source.columns, task.single_fields, known={}) for source in sources]
        for name, task in tasks.items()
    }
    has_text = any(_has_named_column(matches[name], "text", task) for name, task in tasks.items())
    has_text = has_text or all(_has_prose_column(source.columns) for source in sources)
    for name, task in tasks.items():
        if (score := _score_task(sources, task, matches[name], has_text=has_text)) is not None:
            scores[name] = score
    return tuple(name for name, score in scores.items() if score == max(scores.values()))


def _score_task(
    sources: Sequence[DataFile], task: Task, matches: Sequence[ColumnMatch], *, has_text: bool
) -> int | None:
    """How many signs of the task the records bear; None where they cannot be of it."""
    if any(matched.missing for matched in matches):
        return None
    if task.tabular and (has_text or not _has_named_column(matches, "label", task)):
        return None
    found = 0
    for name, field in task.single_fields.items():
        if not field.typical:
            continue
        values = [value for value in _collect_values(sources, matches, name) if value]
        if not values or _count_typical_values(values, field, task) < MIN_TYPICAL_SHARE * len(
            values
        ):
            return None
        found += 1
    return found


def _has_prose_column(columns: Sequence[Column]) -> bool:
    """Whether one column says more than all others together, and in words of its own."""
    longest = max(columns, key=lambda column: column.length)
    others = sum(column.length for column in columns) - longest.length
    return is_text_column(longest) and longest.length > others


def _has_named_column(matches: Sequence[ColumnMatch], role: str, task: Task) -> bool:
    """Whether a field of a role was found in every file, by the name of its column."""
    names = [name for name, field in task.single_fields.items() if field.role == role]
    return bool(names) and all(
        name in matched.columns and name not in matched.guessed
        for name in names
        for matched in matches
    )


def _collect_values(
    sources: Sequence[DataFile], matches: Sequence[ColumnMatch], name: str
) -> list[str]:
    """The first values of a field, of every file."""
    return [
        row[matched.columns[name]]
        for source, matched in zip(sources, matches, strict=True)
        if name in matched.columns
        for row in source.first
    ]


def _count_typical_values(values: Sequence[str], field: Field, task: Task) -> int:
    """How many values look as they do in records of the task."""
    if field.role == "label":
        known = {read_label(name, task.label_rules) for name in field.typical}
        return sum(not known.isdisjoint(parse_labels(value, task)) for value in values)
    return sum(_contains_word(value.casefold(), field.typical) for value in values)


def _contains_word(text: str, words: Sequence[str]) -> bool:
    latin = set(_WORD_PATTERN.findall(text))
    return any(word in latin if word.isascii() else word in text for word in words)
