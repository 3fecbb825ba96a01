"""Tables for a terminal: columns stay aligned where Chinese characters take two cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from itertools import accumulate

from ..data.normalize import escape_controls

LINE_WIDTH = 80  # cells of a line, as terminals commonly have
COLUMN_GAP = "  "  # between two columns
ELLIPSIS = "…"
# a line may end behind a blank, and between Chinese characters, though not before a mark
LINE_PIECE_PATTERN = re.compile(
    r"\s*(?:[^\s\u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff\uff00-\uffef])"
    r"[\u3001-\u3002\u2019\u201d\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*|\s+$"
)


def display_width(text: str) -> int:
    """The cells of a terminal that a text takes."""
    return sum(map(_character_width, text))


def pad(text: str, width: int) -> str:
    """The text with blanks behind it, up to a width in cells."""
    return text + " " * (width - display_width(text))


def truncate_to_width(text: str, width: int) -> str:
    """The text in at most so many cells, on one line and without control characters."""
    line = escape_controls(" ".join(text.split()))
    if display_width(line) <= width:
        return line
    return cut_to_width(line, width - display_width(ELLIPSIS)) + ELLIPSIS


def cut_to_width(text: str, width: int) -> str:
    """As much of the text as at most so many cells hold."""
    ends = accumulate(map(_character_width, text))
    return text[: sum(end <= width for end in ends)]


def wrap(text: str, indent: str = "") -> str:
    """The text in lines of WIDTH cells, each after the first with the indent."""
    lines = [""]
    for piece in LINE_PIECE_PATTERN.findall(text):
        if display_width(lines[-1] + piece.rstrip()) > LINE_WIDTH and lines[-1].strip():
            lines.append(indent)
        lines[-1] += piece if lines[-1].strip() or len(lines) == 1 else piece.lstrip()
    return "\n".join(line.rstrip() for line in lines)


def align_columns(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """The rows as lines, without blanks at their ends; columns not in `left` end together."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            pad(cell, width) if column in left else pad("", width - display_width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(COLUMN_GAP.join(cells).rstrip())
    return lines


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
