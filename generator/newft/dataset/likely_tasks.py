"""Rank the tasks for records that fit none of them, the likeliest first."""

from __future__ import annotations

from collections.abc import Mapping

from newft.dataset.column_kinds import sort_columns
from newft.dataset.column_mapping import DataFile
from newft.schema.kit import Task


def rank_tasks(file: DataFile, tasks: Mapping[str, Task], *, by_words: bool) -> tuple[str, ...]:
    """Return the names of tasks: those for texts first where there is a text, or else for tables.

    `by_words` says that the words of the records have ranked `tasks` already; otherwise those that
    newft suggests to begin with go before the others.
    """
    has_text = bool(sort_columns(file.columns).texts)

    def tell(name: str) -> tuple[bool, bool]:
        task = tasks[name]
        return task.tabular == has_text, not (by_words or task.suggested)

    return tuple(sorted(tasks, key=tell))
