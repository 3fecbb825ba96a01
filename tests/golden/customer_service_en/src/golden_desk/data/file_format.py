"""How a data file is written, one row of it, and the faults that keep a row out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cells import holds_markup, to_text

MAX_CELL_CHARS = 1_000_000
DAMAGED_PATTERN = re.compile("[\ufffd\ud800-\udfff]")  # JSON may spell half a surrogate pair


Cells = Sequence[object] | None  # of one row; None for a row that is quoted wrongly


@dataclass(frozen=True, slots=True)
class Row:
    """One record and where it stands: row of the sheet, line of the file, or place in the list."""

    file: str
    number: int
    values: Mapping[str, object]
    fault: str | None = None  # broken_row, bad_encoding or too_long


@dataclass(frozen=True)
class Remark:
    """What to know about a file that can be read: a constant text, and values for its `{names}`.

    Information tells how the file is read, and needs nothing of anybody. All else is a warning:
    records or cells that the person may have meant are not read, unless they change something.
    """

    template: str
    values: Mapping[str, object]
    information: bool = False


@dataclass(frozen=True)
class FileFormat:
    """How a file is written."""

    kind: str  # csv, tsv, json, jsonl, txt, xlsx
    encoding: str | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] = ()
    sheet: str | None = None  # of a workbook
    shape: str | None = None  # of records that hold several rows, by its name in record_shapes.py
    # further sheets with the same header, and the row that it is in
    more_sheets: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    # of each sheet: column, first and last row of merged cells
    merged: Mapping[str, tuple[tuple[int, int, int], ...]] = field(
        default_factory=dict, compare=False
    )
    header_row: tuple[int, ...] = field(default=(), compare=False)  # empty: a file without header
    units_row: int | None = field(default=None, compare=False)  # below the header
    places: tuple[str, ...] = field(default=(), compare=False)  # of a table; "": not read
    remarks: tuple[Remark, ...] = field(default=(), compare=False)


def find_fault(cells: Iterable[object]) -> str | None:
    """Why a row cannot be used, from its cells."""
    joined = "".join(texts := [to_text(cell) for cell in cells])
    if len(joined) > MAX_CELL_CHARS and max(map(len, texts)) > MAX_CELL_CHARS:
        return "too_long"
    clean = "\0" not in joined and (joined.isascii() or not DAMAGED_PATTERN.search(joined))
    return None if clean else "bad_encoding"


def describe_markup(file: str, rows: Iterable[Iterable[tuple[str, object]]]) -> tuple[Remark, ...]:
    """Which columns have texts that are HTML, from the names and the cells of some rows."""
    found = dict.fromkeys(name for row in rows for name, cell in row if name and holds_markup(cell))
    template = "{file}: of texts that are HTML, the visible text is read: {names}"
    values = {"file": file, "names": ", ".join(f"`{name}`" for name in found)}
    return (Remark(template, values, information=True),) if found else ()


def is_blank(cells: Sequence[object]) -> bool:
    """Whether no cell of a row has a visible character."""
    return not any(to_text(cell).strip() for cell in cells)
