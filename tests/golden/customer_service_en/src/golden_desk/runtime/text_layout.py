"""Text for a terminal, measured in cells: a Chinese character takes two."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from wcwidth import clip, ljust, rjust, width

from ..data.normalize import escape_controls

LINE_WIDTH = 80  # cells of a line, as terminals commonly have
COLUMN_GAP = "  "  # between two columns
ELLIPSIS = "…"
# a line may end behind a blank, and between Chinese characters, though not before a mark
LINE_PIECE_PATTERN = re.compile(
    r"\s*(?:[^\s\u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff\uff00-\uffef])"
    r"[\u3001-\u3002\u2019\u201d\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*|\s+$"
)


def truncate(text: str, cells: int) -> str:
    """The text in at most so many cells, on one line and without control characters."""
    line = escape_controls(" ".join(text.split()))
    if width(line) <= cells:
        return line
    return clip(line, 0, cells - width(ELLIPSIS)).rstrip() + ELLIPSIS


def wrap(text: str, indent: str = "") -> str:
    """The text in lines of LINE_WIDTH cells, each after the first with the indent."""
    lines = [""]
    for piece in LINE_PIECE_PATTERN.findall(text):
        if width(lines[-1] + piece.rstrip()) > LINE_WIDTH and lines[-1].strip():
            lines.append(indent)
        lines[-1] += piece if lines[-1].strip() or len(lines) == 1 else piece.lstrip()
    return "\n".join(line.rstrip() for line in lines)


def align_columns(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """The rows as lines, without blanks at their ends; columns not in `left` end together."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            ljust(cell, widths[column]) if column in left else rjust(cell, widths[column])
            for column, cell in enumerate(row)
        ]
        lines.append(COLUMN_GAP.join(cells).rstrip())
    return lines
