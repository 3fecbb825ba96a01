"""Rows of workbooks of Excel 97 to 2003, read by xlrd."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .file_access import RecordError, open_regular_file
from .file_format import FileFormat
from .missing_library import wrap_missing_library
from .sheet_choice import choose_sheets, describe_sheets, outline_sheet, round_as_shown

MAX_BYTES = 256 << 20  # xlrd holds the whole file in memory
SAVE_AGAIN_HINT = "open it in a spreadsheet program and save it as CSV UTF-8"
DECRYPT_HINT = "remove its password, and save it as CSV UTF-8"
ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")  # holds an encrypted xlsx workbook
ERROR_CELL, DATE_CELL, BOOLEAN_CELL = 5, 3, 4  # types of cells, as xlrd numbers them


def detect_legacy_sheet(path: Path) -> FileFormat:
    """The layout of a workbook: its visible sheets with records, and what is not read."""
    book = _open(path)
    sheets = book.sheets()
    found = [
        outline_sheet(one.name, _read_sheet(book, one)) for one in sheets if not one.visibility
    ]
    outlines = [one for one in found if one]
    if not outlines:
        message = "no visible sheet has cells"
        raise RecordError(path, message, "show the sheet with the records")
    chosen = choose_sheets(outlines)
    others = [one for one in outlines if one not in chosen]
    hidden = ", ".join(one.name for one in sheets if one.visibility)
    return FileFormat(
        "xls",
        sheet=chosen[0].title,
        more_sheets=tuple((one.title, one.header_row) for one in chosen[1:]),
        remarks=tuple(describe_sheets(path, chosen, others, hidden=hidden, formulas=0)),
    )


def read_legacy_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, list[object]]]:
    """The number and the cells of each row: all of the first sheet, the records of the others."""
    book = _open(path)
    for title, last in ((layout.sheet or "", 0), *layout.more_sheets):
        for number, row in _read_sheet(book, book.sheet_by_name(title), len(layout.places)):
            if number > last:
                yield number, row


def _open(path: Path) -> Any:
    """Open a workbook; whatever is wrong in it is an error that names the file."""
    with open_regular_file(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = "the workbook is larger than {most} MB"
        raise RecordError(path, message, SAVE_AGAIN_HINT, most=MAX_BYTES >> 20)
    if ENCRYPTED_PART in content:
        raise RecordError(path, "the workbook is encrypted", DECRYPT_HINT)
    with wrap_missing_library(path, "xlrd"):
        xlrd: Any = importlib.import_module("xlrd")
    try:
        return xlrd.open_workbook(
            file_contents=content, logfile=io.StringIO(), formatting_info=True
        )
    except MemoryError:
        raise
    except Exception as error:  # xlrd trusts the file, and fails in many ways
        if "encrypted" in str(error):
            raise RecordError(path, "the workbook is encrypted", DECRYPT_HINT) from error
        message, reason = "the workbook is damaged: {reason}", str(error) or type(error).__name__
        raise RecordError(path, message, SAVE_AGAIN_HINT, reason=reason) from error


def _read_sheet(book: Any, sheet: Any, width: int = 0) -> Iterator[tuple[int, list[object]]]:
    """The rows that are not blank with their numbers, filled up to a width."""
    dates = importlib.import_module("xlrd.xldate")
    merged = {
        (row, column): (top, left)
        for top, bottom, left, _ in sheet.merged_cells
        for row in range(top + 1, bottom)
        for column in (left,)
    }
    for at in range(sheet.nrows):
        cells = [sheet.cell(*merged.get((at, place), (at, place))) for place in range(sheet.ncols)]
        row = [_convert_cell(cell, book.datemode, dates) for cell in cells]
        while row and row[-1] in (None, ""):
            row.pop()
        if row:
            yield at + 1, row + [None] * (width - len(row))


def _convert_cell(cell: Any, mode: int, dates: Any) -> object:
    """The value of a cell: a date as one, true and false as such, nothing for an error."""
    if cell.ctype == DATE_CELL:
        try:
            date: object = dates.xldate_as_datetime(cell.value, mode)
        except (ValueError, OverflowError, dates.XLDateError):
            return cell.value
        return date
    if cell.ctype == BOOLEAN_CELL:
        return bool(cell.value)
    return None if cell.ctype == ERROR_CELL or cell.value == "" else round_as_shown(cell.value)
