"""Which sheets of a workbook hold the records, which cells are merged, and what numbers show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .file_format import Cells, Remark
from .header_row import find_header, look_ahead

SPREADSHEET_DIGITS = 15  # that a spreadsheet shows of a number; those after it are rounding errors
MAX_COUNTED_ROWS = 1_000  # of a sheet, to compare sheets by
MIN_ROWS_SHARE = 0.25  # of the largest sheet: covers, notes and lists of codes have fewer rows
MAX_MERGED_RANGES = 100_000  # in all sheets
MAX_RANGE_BYTES = 200  # of the tag of a merged range

_RANGE_PATTERN = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7}):[A-Za-z]{1,3}(\d{1,7})[\"']"
)


@dataclass(frozen=True)
class SheetOutline:
    """The header of a sheet, and how many rows are below it."""

    title: str
    names: tuple[str, ...]
    header_row: int
    rows: int


@dataclass(frozen=True)
class MergedCells:
    """Cells of one column that are merged over several rows: their first one has the value."""

    column: str  # its letters
    first: int
    last: int


def outline_sheet(title: str, grid: Iterable[tuple[int, Cells]]) -> SheetOutline | None:
    """The outline of a sheet; None for one without cells."""
    rows = iter(grid)
    lines = look_ahead(rows)
    header = find_header(lines, trimmed=True)
    if header is None:
        return None
    last = header.rows[-1] if header.rows else 0
    below = sum(number > last for number, _ in lines)
    below += sum(1 for _ in islice(rows, MAX_COUNTED_ROWS - below))
    return SheetOutline(title, tuple(filter(None, header.names)), last, below)


def choose_sheets(outlines: Sequence[SheetOutline]) -> tuple[SheetOutline, ...]:
    """The first sheet with many rows, and all sheets with the same header."""
    most = max(one.rows for one in outlines)
    first = next(one for one in outlines if one.rows >= MIN_ROWS_SHARE * most)
    alike = (one for one in outlines if one is not first and one.names == first.names)
    return (first, *(one for one in alike if one.rows))


def describe_sheets(
    path: Path,
    chosen: Sequence[SheetOutline],
    others: Sequence[SheetOutline],
    *,
    hidden: str,
    formulas: int,
) -> Iterator[Remark]:
    """Which sheets are read, and what is not read of a workbook."""
    file = {"file": path.name}
    sheets = ", ".join(f"`{one.title}`" for one in chosen)
    left = ", ".join(one.title for one in others)
    most = max(one.rows for one in chosen)
    small = all(one.rows < MIN_ROWS_SHARE * most for one in others)  # covers, notes and codes
    if len(chosen) > 1 and others:
        template = "of {file}, the sheets {sheets} are read as one table, not: {others}"
        yield Remark(template, {**file, "sheets": sheets, "others": left}, information=small)
    elif len(chosen) > 1:
        template = "of {file}, the sheets {sheets} have one header and are read as one table"
        yield Remark(template, {**file, "sheets": sheets}, information=True)
    elif others and not small:
        template = (
            "of {file}, only the sheet `{sheet}` is read: {others} have other column names;"
            " to read them too, give them the same header"
        )
        yield Remark(template, {**file, "sheet": chosen[0].title, "others": left})
    elif others:
        template = "of {file}, only the sheet `{sheet}` is read, not: {others}"
        values = {**file, "sheet": chosen[0].title, "others": left}
        yield Remark(template, values, information=True)
    if hidden:
        yield Remark("hidden sheets of {file} are not read: {hidden}", {**file, "hidden": hidden})
    if formulas:
        template = (
            "{file} has {count:,} cells with a formula and no value, which are read as empty:"
            " open it in a spreadsheet program and save it"
        )
        yield Remark(template, {**file, "count": formulas})


class MergeSearch:
    """Finds the merged cells in a part of a workbook that is read piece by piece."""

    def __init__(self) -> None:
        self.found: dict[MergedCells, None] = {}  # in their order
        self._rest = b""

    def add(self, piece: bytes) -> None:
        """Search the next piece, and what was left of the one before."""
        text = self._rest + piece
        self._rest = text[-MAX_RANGE_BYTES:]
        if b"mergeCell" not in text:
            return
        for column, first, last in _RANGE_PATTERN.findall(text):
            if int(first) < int(last):
                merged = MergedCells(column.decode().upper(), int(first), int(last))
                self.found.setdefault(merged)


class MergeFiller:
    """Gives each of merged cells the value of the first one, row by row."""

    def __init__(self, merged: Iterable[tuple[int, int, int]]) -> None:
        self._starts: dict[int, list[tuple[int, int]]] = {}  # row: columns, with their last rows
        for column, first, last in merged:
            self._starts.setdefault(first, []).append((column, last))
        self._open: dict[int, tuple[int, object]] = {}  # column: the last row, and the value

    def fill(self, number: int, row: list[object]) -> None:
        """Fill the cells of a row that are merged with one above."""
        for column, (last, value) in [*self._open.items()]:
            if number > last:
                del self._open[column]
            elif value is not None:
                row += [None] * (column - len(row))
                row[column - 1] = value if row[column - 1] is None else row[column - 1]
        for column, last in self._starts.pop(number, ()):
            self._open[column] = (last, row[column - 1] if column <= len(row) else None)


def round_as_shown(value: object) -> object:
    """A number as a spreadsheet shows it: 0.906, which it computed as 0.9059999999999999."""
    if isinstance(value, float) and not value.is_integer():
        return float(f"{value:.{SPREADSHEET_DIGITS}g}")
    return value
