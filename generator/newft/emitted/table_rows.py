"""The header of a table, and the rows below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .cells import to_text
from .file_access import RecordError
from .file_format import Cells, Row, find_fault, is_blank

HEADER_HINT = "the first row names every column once, the records follow"

Grid = Iterable[tuple[int, Cells]]  # the number and the cells of each row


def read_header(path: Path, grid: Grid) -> tuple[str, ...]:
    """The column names: the first row that is not blank, and is followed by another."""
    filled = ((number, cells) for number, cells in grid if cells is None or not is_blank(cells))
    row, first = next(filled, (None, None))
    names = [to_text(cell).strip() for cell in first or ()]
    twice = [f"`{name}`" for name, times in Counter(names).items() if name and times > 1]
    if not names:
        raise RecordError(path, "the file has no header", HEADER_HINT)
    if find_fault(names):
        raise RecordError(path, "the header is binary or damaged", HEADER_HINT, row=row)
    if twice:
        listed = _shorten_list(sorted(twice))
        raise RecordError(path, "the header has {twice} twice", HEADER_HINT, row=row, twice=listed)
    if "" in names:
        message, place = "column {place} of {width} has no name in the header", names.index("") + 1
        raise RecordError(path, message, HEADER_HINT, row=row, place=place, width=len(names))
    if next(filled, None) is None:
        raise RecordError(path, "the file has a header and no rows", HEADER_HINT)
    return tuple(names)


def read_table_rows(path: Path, columns: Sequence[str], grid: Grid) -> Iterator[Row]:
    """The rows below the header, numbered as a spreadsheet numbers them."""
    file, width, rows = str(path), len(columns), iter(grid)
    next((cells for _, cells in rows if cells and not is_blank(cells)), None)
    for number, cells in rows:
        if cells is not None and len(cells) == width:
            yield Row(file, number, dict(zip(columns, cells, strict=True)), find_fault(cells))
        elif cells is None or len(cells) > 1 or not is_blank(cells):
            yield Row(file, number, {}, find_fault(cells or ()) or "broken_row")


def _shorten_list(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list that may be long."""
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")
