"""The fields of a table row as text: a line for each."""

from __future__ import annotations

from collections.abc import Mapping

from .normalize import MISSING_VALUE_PATTERN, is_missing

MISSING_MARK = "-"


def clean_value(cell: str) -> str:
    """What a cell says, on one line; nothing where it holds a mark that it is not known."""
    return "" if is_missing(cell, MISSING_VALUE_PATTERN) else " ".join(cell.split())


def format_fields(values: Mapping[str, str]) -> str:
    """The values of a row, a line each."""
    return "\n".join(
        f"{name.replace('_', ' ')}: {value or MISSING_MARK}" for name, value in values.items()
    )
