"""Lines that fit a terminal: no break inside a word, code, or a number with its unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from unicodedata import combining, east_asian_width

CELL_GAP = 2  # columns between the cells of a row
NO_BREAK_SPACE = "\xa0"  # a blank at which no line breaks; shown as any other

_NOT_AT_LINE_START = "，。；：！？、）》」】”’…％"  # may not begin a line
_NOT_AT_LINE_END = "（《「【“‘"  # may not end one
_PIECE_PATTERN = re.compile(r"[^\S\xa0]+|`[^`\n]+`|.")
_UNIT_PATTERN = re.compile(r"[A-Za-z%°]{1,3}")


def measure_width(text: str) -> int:
    """The columns that a text takes in a terminal."""
    return sum(map(_measure_character, text))


def wrap_text(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns; what cannot be broken may be longer.

    Lines of the text stay lines, and continue at their own indentation.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip(" "))]
        room = max(1, width - len(indent))
        parts = _fill_lines(_split_unbreakable(line.strip(), room), room)
        lines += [f"{indent}{part}".rstrip().replace(NO_BREAK_SPACE, " ") for part in parts]
    return lines


def format_table(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Rows as lines of cells, padded to the width of their column; no line ends in blanks."""
    widths = _choose_widths(rows, width - CELL_GAP * (len(rows[0]) - 1)) if rows else []
    lines: list[list[str]] = []
    for row in rows:
        cells = [_wrap_cell(text, room) for text, room in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            lines.append(_pad_cells(parts, widths))
    return lines


def _measure_character(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _split_unbreakable(text: str, width: int) -> list[tuple[str, str]]:
    """The parts that stay whole, each with the blanks before it."""
    units: list[tuple[str, str]] = []
    blank = ""
    for piece in _PIECE_PATTERN.findall(text):
        if piece.isspace() and piece != NO_BREAK_SPACE:
            blank = " "
        elif len(piece) > 1 and measure_width(piece) > width:  # code that is longer than a line
            for word in piece.split(" "):
                units.append((blank, word))
                blank = " "
            blank = ""
        else:
            before, last = units[-1] if units else ("", "")
            if units and _is_unbreakable(last, blank, piece):
                units[-1] = (before, last + blank + piece)
            else:
                units.append((blank, piece))
            blank = ""
    return _join_numbers_with_units(units)


def _is_unbreakable(last: str, blank: str, piece: str) -> bool:
    if blank:
        return False
    if piece[0] in (*_NOT_AT_LINE_START, NO_BREAK_SPACE) or last[-1] in (
        *_NOT_AT_LINE_END,
        NO_BREAK_SPACE,
    ):
        return True
    return _measure_character(last[-1]) == _measure_character(piece[0]) == 1


def _join_numbers_with_units(units: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Numbers stay with the unit behind a blank: `20 GB`, `95 %`, `8 行`."""
    joined: list[tuple[str, str]] = []
    for blank, unit in units:
        before, last = joined[-1] if joined else ("", "")
        measures = (
            _measure_character(unit[0]) == 2
            or _UNIT_PATTERN.fullmatch(unit.rstrip(".,;:)")) is not None
        )
        if blank and last and last[-1].isdigit() and measures:
            joined[-1] = (before, f"{last} {unit}")
        else:
            joined.append((blank, unit))
    return joined


def _fill_lines(units: Sequence[tuple[str, str]], width: int) -> list[str]:
    lines, line = [], ""
    for blank, unit in units:
        longer = f"{line}{blank}{unit}" if line else unit
        if line and measure_width(longer) > width:
            lines.append(line)
            longer = unit
        line = longer
    return [*lines, line]


def _choose_widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """What each column takes: all that it needs, else the widest give way, first at blanks."""
    columns = list(zip(*rows, strict=True))
    widths = [
        max(max(map(measure_width, cell.split("\n"))) for cell in column) for column in columns
    ]
    floors = [
        max(
            measure_width(unit)
            for cell in column
            for _, unit in [*_split_unbreakable(cell, width), ("", "")]
        )
        for column in columns
    ]
    floors[0] = min(widths[0], width // 2)  # names stay on one line
    while sum(widths) > width and max(widths) > 1:
        able = [n for n, room in enumerate(widths) if room > max(floors[n], 1)]
        widest = max(able or range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _wrap_cell(text: str, width: int) -> list[str]:
    return [part for line in wrap_text(text, width) for part in _chop_line(line, width)]


def _chop_line(line: str, width: int) -> list[str]:
    """A line cut where it must be, as nothing in it may be broken."""
    parts = []
    while measure_width(line) > width:
        fitting = sum(total <= width for total in accumulate(map(_measure_character, line)))
        parts.append(line[: max(1, fitting)])
        line = line[max(1, fitting) :]
    return [*parts, line]


def _pad_cells(parts: Sequence[str], widths: Sequence[int]) -> list[str]:
    filled = max((number for number, part in enumerate(parts) if part), default=-1)
    padded = [
        part + " " * (room + CELL_GAP - measure_width(part))
        for part, room in zip(parts[:filled], widths, strict=False)
    ]
    return [*padded, *parts[filled : filled + 1]]
