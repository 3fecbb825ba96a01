"""The columns of a table, and the rows below its header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .cells import to_text
from .file_access import RecordError
from .file_format import Cells, FileFormat, Remark, Row, describe_markup, find_fault, is_blank
from .header_row import (
    LABEL_COLUMN,
    TEXT_COLUMN,
    Grid,
    Line,
    find_header,
    is_record,
    look_ahead,
)

MAX_EXAMPLE_NAMES = 5  # of columns, in a hint
HEADER_HINT = "the first row names every column once, the records follow"


def detect_columns(
    path: Path, layout: FileFormat, grid: Grid, named: Collection[str] = ()
) -> FileFormat:
    """The layout with the header that was found, and what to know of it."""
    broken: list[int] = []  # rows that are quoted wrongly
    lines = look_ahead(_note_broken(grid, broken))
    header = find_header(lines, named, trimmed=layout.sheet is not None)
    if header is None:
        raise RecordError(path, "the file has no header", HEADER_HINT)
    if is_record(lines, header, named):
        message = "the first row is a record, not a header"
        hint = "put a row of column names before it, such as: {example}"
        example = _join_example_names(len(header.names), layout.delimiter or ", ")
        raise RecordError(path, message, hint, row=header.rows[0], example=example)
    last = header.rows[-1] if header.rows else 0
    if find_fault(header.names):
        message = "the header is binary or damaged"
        raise RecordError(path, message, HEADER_HINT, row=last or None)
    body = [line for line in lines if line[0] > last and line[0] != header.units]
    if not body:
        raise _make_no_rows_error(path, broken)
    places = _tell_apart(header.names)
    remarks = [*_describe_header(path, layout, header.rows), *_describe_names(path, places, body)]
    if twice := [n for n, times in Counter(filter(None, header.names)).items() if times > 1]:
        template = "{file} has several columns of one name, which get their places: {names}"
        names = _shorten_list([f"`{name}`" for name in sorted(twice)])
        values = {"file": path.name, "names": names}
        remarks.append(Remark(template, values, information=True))
    pairs = (zip(places, cells, strict=False) for _, cells in body)
    remarks += describe_markup(path.name, pairs)
    return replace(
        layout,
        columns=tuple(filter(None, places)),
        places=places,
        header_row=header.rows,
        units_row=header.units,
        remarks=(*layout.remarks, *remarks),
    )


def _note_broken(grid: Grid, broken: list[int]) -> Grid:
    for number, cells in grid:
        if cells is None:
            broken.append(number)
        yield number, cells


def _make_no_rows_error(path: Path, broken: Sequence[int]) -> RecordError:
    if not broken:
        return RecordError(path, "the file has a header and no rows", HEADER_HINT)
    message = "no row below the header can be read: their quotes are wrong, first in this row"
    hint = "close each quote, and double those within a text"
    return RecordError(path, message, hint, row=broken[0])


def read_table_rows(path: Path, layout: FileFormat, grid: Grid) -> Iterator[Row]:
    """The rows below the header, numbered as a spreadsheet numbers them."""
    last = layout.header_row[-1] if layout.header_row else 0
    file, places, below = str(path), layout.places, not last
    width = -1 if "" in places or layout.units_row else len(places)  # of rows that need no care
    first = places[0] if places else ""  # a row that begins so may be the header once more
    for number, cells in grid:
        if not below:  # further sheets begin with their records, whatever their rows are
            below = number >= last
        elif cells is not None and len(cells) == width and cells[0] != first:
            yield Row(file, number, dict(zip(places, cells, strict=True)), find_fault(cells))
        elif row := _make_row(file, layout, number, cells):
            yield row


def _make_row(file: str, layout: FileFormat, number: int, cells: Cells) -> Row | None:
    """A row of a table; None for a blank one."""
    places = layout.places
    if number == layout.units_row:
        return Row(file, number, {}, "empty_label")  # units say nothing of a record
    if cells and len(cells) > len(places) and is_blank(cells[len(places) :]):
        cells = cells[: len(places)]
    if cells is None or len(cells) != len(places):
        blank = cells is not None and len(cells) < 2 and is_blank(cells)
        return None if blank else Row(file, number, {}, find_fault(cells or ()) or "broken_row")
    values = dict(zip(places, cells, strict=True))
    if "" in values:
        del values[""]  # of columns without a name
        if is_blank(tuple(values.values())):
            return None
    if len(values) > 1 and all(to_text(cell).strip() == name for name, cell in values.items()):
        return Row(file, number, {}, "empty_label")  # the header again, as above each page
    return Row(file, number, values, find_fault(cells))


def _join_example_names(width: int, delimiter: str) -> str:
    """A header for so many columns, which are a text and its label if they are two."""
    names = [f"column_{place}" for place in range(1, width + 1)]
    first = [TEXT_COLUMN, LABEL_COLUMN] if width == 2 else names[:MAX_EXAMPLE_NAMES]
    return delimiter.join(first) + (" ..." if width > MAX_EXAMPLE_NAMES else "")


def _tell_apart(names: Sequence[str]) -> tuple[str, ...]:
    """The names by place; those that several columns have get their places."""
    times = Counter(names)
    return tuple(
        f"{name} ({place})" if name and times[name] > 1 else name
        for place, name in enumerate(names, start=1)
    )


def _describe_header(path: Path, layout: FileFormat, rows: Sequence[int]) -> Iterator[Remark]:
    """Where the header is, where that is not the first row."""
    values = {"file": path.name, "sheet": layout.sheet, "names": ", ".join(layout.columns)}
    if not rows:
        template = "{file} has no header: its columns are read as text and label"
        yield Remark(template, values, information=True)
    elif len(rows) > 1:
        template = "{file}: header in rows {first} and {last}"
        yield Remark(template, {**values, "first": rows[0], "last": rows[-1]}, information=True)
    elif rows[0] > 1:
        template = "{file}: header in row {row}"
        yield Remark(template, {**values, "row": rows[0]}, information=True)


def _describe_names(path: Path, places: Sequence[str], body: Sequence[Line]) -> Iterator[Remark]:
    """Which columns have values and no name; the first is the index of most tools."""
    without = [
        str(place + 1)
        for place, name in enumerate(places)
        if not name and place and any(_is_filled(cells, place) for _, cells in body)
    ]
    if without:
        template = "{file}: columns without a name are not read: {places}"
        yield Remark(template, {"file": path.name, "places": _shorten_list(without)})


def _is_filled(cells: Sequence[object], place: int) -> bool:
    return place < len(cells) and bool(to_text(cells[place]).strip())


def _shorten_list(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list that may be long."""
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")
