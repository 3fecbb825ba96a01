"""Text in lines that fit a terminal: widths in columns, wrapping and tables.

A Chinese character is two columns wide. A line may break between two of them, which no library for
wrapping allows together with the rules of punctuation; only the widths come from `wcwidth`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

CELL_GAP = 2  # columns between the cells of a row
NO_BREAK_SPACE = "\xa0"  # shown as a blank at which no line breaks

_WIDE = (
    r"\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
)
_CLOSING = r"，。；：！？、）》」】”’…％"  # may not begin a line
_OPENING = r"（《「【“‘"  # may not end a line
_BASE = rf"(?:(?:`[^`\n]+`|[^\s{_WIDE}{_CLOSING}{_OPENING}])+|[^\s{_CLOSING}{_OPENING}])"
# The parts of a text that stay whole, each with the blanks before it.
_UNIT_PATTERN = re.compile(
    rf"([^\S\xa0]*)([{_OPENING}]*{_BASE}(?:\xa0{_BASE})*[{_CLOSING}]*|\S|\xa0)"
)
# A number stays with the unit behind a blank: `20 GB`, `95 %`, `8 行`.
_QUANTITY_PATTERN = re.compile(rf"(?<=\d) (?=[A-Za-z%°]{{1,3}}(?!\w)|[{_WIDE}])")


# A word of a shell with its quotes; a line may break only between two of them.
_SHELL_WORD = re.compile(r"""(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])+""")


def measure_width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    if text.replace(NO_BREAK_SPACE, " ").isascii():  # English help need not wait for the tables
        return len(text)
    from wcwidth import width

    return width(text)


def clip_text(text: str, width: int) -> str:
    """Return as much of the beginning of a text as `width` columns hold."""
    if text.isascii():
        return text[:width]
    from wcwidth import clip

    return clip(text, 0, width, fillchar="")


def wrap_text(text: str, width: int) -> list[str]:
    """Return the text in lines of at most `width` columns, longer where nothing can be broken.

    Lines of the text stay lines, and continue at their own indentation.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip(" "))]
        filled = _fill_lines(line, max(1, width - len(indent)))
        lines += [f"{indent}{part}".rstrip().replace(NO_BREAK_SPACE, " ") for part in filled]
    return lines


def fold_command(command: str, width: int | None) -> list[str]:
    """Return a command in lines that a shell joins; words stay whole, and so do comments."""
    words = _SHELL_WORD.findall(command)
    if width is None or measure_width(command) <= width or " ".join(words) != command:
        return [command]
    if any(word.startswith("#") for word in words):
        return [command]
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}" if lines[-1].strip() else f"{lines[-1]}{word}"
        if lines[-1].strip() and measure_width(longer) > width - 2:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return lines


def format_table(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Return rows as lines of cells, padded to the width of their column except for the last."""
    widths = _choose_widths(rows, width - CELL_GAP * (len(rows[0]) - 1)) if rows else []
    lines: list[list[str]] = []
    for row in rows:
        cells = [_wrap_cell(text, room) for text, room in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            lines.append(_pad_cells(parts, widths))
    return lines


def _split_units(text: str) -> list[tuple[str, str]]:
    """Split a text into units that stay whole, each with the blank before it."""
    joined = _QUANTITY_PATTERN.sub(NO_BREAK_SPACE, text.strip(" "))
    return [(blank and " ", unit) for blank, unit in _UNIT_PATTERN.findall(joined)]


def _fill_lines(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for blank, unit in _split_units(text):
        # code that is longer than a line may break at its blanks
        words = unit.split(" ") if measure_width(unit) > width else [unit]
        for number, word in enumerate(words):
            longer = f"{line}{' ' if number else blank}{word}" if line else word
            if line and measure_width(longer) > width:
                lines.append(line)
                longer = word
            line = longer
    return [*lines, line]


def _choose_widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Choose the width of each column; the widest gives way first, and first at its blanks."""
    columns = list(zip(*rows, strict=True))
    widths = [
        max(measure_width(line) for cell in column for line in cell.split("\n"))
        for column in columns
    ]
    floors = [
        max((measure_width(unit) for cell in column for _, unit in _split_units(cell)), default=0)
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
    """Cut a line that is too long although nothing in it may be broken."""
    parts = []
    while measure_width(line) > width:
        parts.append(clip_text(line, width) or line[0])
        line = line[len(parts[-1]) :]
    return [*parts, line]


def _pad_cells(parts: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Pad the cells of a line; those behind the last filled one are left out."""
    filled = max((number for number, part in enumerate(parts) if part), default=-1)
    padded = [
        part + " " * (room + CELL_GAP - measure_width(part))
        for part, room in zip(parts[:filled], widths, strict=False)
    ]
    return [*padded, *parts[filled : filled + 1]]
