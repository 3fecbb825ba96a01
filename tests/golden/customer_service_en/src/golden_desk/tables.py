"""Tables for a terminal: columns stay aligned where Chinese characters take two cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from itertools import accumulate

from .keys import escape_controls

GAP = "  "  # between two columns
ELLIPSIS = "…"


def display_width(text: str) -> int:
    """The cells of a terminal that a text takes."""
    return sum(map(_cells, text))


def pad(text: str, width: int) -> str:
    """The text with blanks behind it, up to a width in cells."""
    return text + " " * (width - display_width(text))


def fit(text: str, width: int) -> str:
    """The text in at most so many cells, on one line and without control characters."""
    line = escape_controls(" ".join(text.split()))
    if display_width(line) <= width:
        return line
    return beginning(line, width - display_width(ELLIPSIS)) + ELLIPSIS


def beginning(text: str, width: int) -> str:
    """As much of the text as at most so many cells hold."""
    ends = accumulate(map(_cells, text))
    return text[: sum(end <= width for end in ends)]


def aligned(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """The rows as lines, without blanks at their ends; columns not in `left` end together."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            pad(cell, width) if column in left else pad("", width - display_width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(GAP.join(cells).rstrip())
    return lines


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
