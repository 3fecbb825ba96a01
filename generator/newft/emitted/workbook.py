"""Rows of an xlsx workbook: openpyxl reads it, behind a guard that bounds what openpyxl is given.

openpyxl trusts a file: it follows any row number, holds whatever an archive unpacks to, and fails
in many ways. So each part passes through `_Part`, piece by piece, before openpyxl sees it.
What else is here it does not give: formulas without a value, East Asian dates, a number that is no
date, and names of ISO 29500 Strict.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, NoReturn
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader  # type: ignore[import-untyped]
from openpyxl.styles import numbers  # type: ignore[import-untyped]
from openpyxl.styles.stylesheet import apply_stylesheet  # type: ignore[import-untyped]
from openpyxl.utils.cell import column_index_from_string  # type: ignore[import-untyped]
from openpyxl.utils.datetime import from_excel  # type: ignore[import-untyped]
from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]

from .file_access import OLE2_SIGNATURE, RecordError, open_regular_file
from .file_format import FileFormat
from .sheet_choice import (
    MAX_MERGED_RANGES,
    MergeFiller,
    MergeSearch,
    choose_sheets,
    describe_sheets,
    outline_sheet,
    round_as_shown,
)

# Microsoft, "Excel specifications and limits": the rows and columns of a sheet
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_CELLS = 100 * MAX_ROWS  # with the blank ones: minutes of reading
MAX_SHARED_STRINGS = 4 * MAX_ROWS  # shared ones
MAX_ELEMENTS = 500_000  # held at once: the 65,490 cell formats of Excel's limits take 200,000
MAX_COMPRESSION_RATIO = 100  # of unpacked to packed bytes, as in ZipSecureFile of Apache POI
SAFE_PART_BYTES = 16 << 20  # bytes that do no harm at any ratio
MAX_BYTES_IN_MEMORY = 256 << 20  # bytes that are held in memory, such as the shared strings
CHUNK_BYTES = MAX_TAG_BYTES = 1 << 20  # a parser scans an unfinished tag again with each piece

SPREADSHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROW_TAG, CELL_TAG, STRING_TAG = (
    f"{SPREADSHEET_NAMESPACE} row",
    f"{SPREADSHEET_NAMESPACE} c",
    f"{SPREADSHEET_NAMESPACE} si",
)
STRICT_NAMESPACES = (  # the names of ISO 29500 Strict, and those that openpyxl knows
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", SPREADSHEET_NAMESPACE.encode()),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
CELL_REFERENCE_PATTERN = re.compile(r"([A-Z]{1,3})\d+", re.IGNORECASE)
EMPTY_FORMULA_PATTERN = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^<>]*)?/>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
# ECMA-376 part 1, 18.8.30: built-in formats of Chinese, Japanese and Korean, unknown to openpyxl
EAST_ASIAN_DATE_FORMATS = {*range(27, 37), *range(50, 59)}
MANIFEST = "[Content_Types].xml"  # that every workbook has
SAVE_AGAIN_HINT = "open it in a spreadsheet program and save it as xlsx again, or as CSV UTF-8"
DECRYPT_HINT = "remove its password, and save it as xlsx or as CSV UTF-8"
RENAME_HINT = "give the file the ending of what it is, such as .csv, or save it as xlsx"


@contextmanager
def open_workbook(path: Path) -> Iterator[Any]:
    """Open a workbook of openpyxl; whatever is wrong in it is an error that names the file."""
    try:
        with open_regular_file(path) as file:
            start = file.read(len(OLE2_SIGNATURE))
            if start == OLE2_SIGNATURE:
                message = "the workbook is encrypted, or in the format of Excel 97 to 2003"
                raise RecordError(path, message, DECRYPT_HINT)
            if not start.startswith(b"PK"):
                message = "this is not an xlsx workbook, whatever its name says"
                raise RecordError(path, message, RENAME_HINT)
            archive = _GuardedArchive(file)
            if MANIFEST not in archive.namelist():
                message = "this is a zip archive, and no workbook"
                raise RecordError(path, message, "unpack it, and give the file with the records")
            yield _call_without_warnings(partial(_load_workbook, path, archive))
    except (RecordError, MemoryError):
        raise
    except Exception as error:  # the archive, its compression, its XML, and what openpyxl expects
        if isinstance(error, OSError) and error.errno is not None:
            raise
        message, reason = "the workbook is damaged: {reason}", str(error) or type(error).__name__
        raise RecordError(path, message, SAVE_AGAIN_HINT, reason=reason) from error


def detect_sheet(path: Path) -> FileFormat:
    """The layout of a workbook: its visible sheets with records, and what is not read."""
    with open_workbook(path) as book:
        visible = [one for one in book.worksheets if one.sheet_state == "visible"]
        hidden = ", ".join(one.title for one in book.worksheets if one.sheet_state != "visible")
        found = [outline_sheet(one.title, read_sheet(path, one)) for one in visible]
        outlines = [one for one in found if one]
        if hidden and not outlines:
            message, hint = (
                "no visible sheet has cells",
                "show the hidden sheet with the records: {hidden}",
            )
            raise RecordError(path, message, hint, hidden=hidden)
        if not outlines:
            return FileFormat("xlsx", sheet=visible[0].title if visible else None)
        chosen = choose_sheets(outlines)
        parts = {one.title: _inspect_part(path, book[one.title]) for one in chosen}
    others = [one for one in outlines if one not in chosen]
    count = sum(formulas for formulas, _ in parts.values())
    return FileFormat(
        "xlsx",
        sheet=chosen[0].title,
        more_sheets=tuple((one.title, one.header_row) for one in chosen[1:]),
        merged={title: merged for title, (_, merged) in parts.items()},
        remarks=tuple(describe_sheets(path, chosen, others, hidden=hidden, formulas=count)),
    )


def read_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, list[object]]]:
    """The number and the cells of each row: all of the first sheet, the records of the others."""
    with open_workbook(path) as book:
        for title, last in ((layout.sheet or "", 0), *layout.more_sheets):
            merged = layout.merged.get(title, ())
            for number, row in read_sheet(path, book[title], len(layout.places), merged):
                if number > last:
                    yield number, row


def read_sheet(
    path: Path, sheet: Any, width: int = 0, merged: Sequence[tuple[int, int, int]] = ()
) -> Iterator[tuple[int, list[object]]]:
    """The rows that are not blank with their numbers, filled up to a width."""
    sheet.reset_dimensions()  # some writers declare a size that is wrong
    rows, number, most = sheet.iter_rows(), 0, MAX_CELLS
    filler = MergeFiller(merged) if merged else None
    while (cells := _call_without_warnings(partial(next, rows, None))) is not None:
        number += 1
        row = [_convert_cell(cell) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        if row:
            if filler:
                filler.fill(number, row)
            row += [None] * (width - len(row))
            if (most := most - len(row)) < 0:
                message = "the sheet has more than {most:,} cells"
                raise RecordError(path, message, SAVE_AGAIN_HINT, most=MAX_CELLS)
            yield number, row


def _inspect_part(path: Path, sheet: Any) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """What openpyxl does not give: the number of formulas without a value, and merged cells."""
    count, rest, search = 0, b"", MergeSearch()
    with sheet._get_source() as part:
        while piece := part.read(CHUNK_BYTES):
            search.add(piece)
            text, cut, rest = (rest[-MAX_TAG_BYTES:] + piece).rpartition(b"c>")
            if b"<f" in text or b":f" in text:
                count += len(EMPTY_FORMULA_PATTERN.findall(text + cut))
            if len(search.found) > MAX_MERGED_RANGES:
                message = "the workbook is too large: {part} holds more than can be read"
                raise RecordError(path, message, SAVE_AGAIN_HINT, part=sheet.title)
    merged = ((column_index_from_string(one.column), one.first, one.last) for one in search.found)
    return count, tuple(merged)


def _call_without_warnings(call: Callable[[], Any]) -> Any:
    with warnings.catch_warnings(action="ignore"):  # about styles and extensions
        return call()


def _load_workbook(path: Path, archive: _GuardedArchive) -> Any:
    """The workbook of openpyxl, by the steps of its reader that concern cells."""
    reader = ExcelReader(archive.fp, read_only=True, data_only=True, keep_links=False)
    reader.archive, reader.read_chartsheet = archive, lambda *_: None
    reader.read_manifest()
    reader.read_strings()
    reader.shared_strings, archive.frees = _SharedStrings(reader.shared_strings), ROW_TAG
    reader.read_workbook()
    for _, relation in reader.parser.find_sheets():
        archive.getinfo(relation.target)  # openpyxl would go on without it
    apply_stylesheet(archive, reader.wb)
    reader.wb._date_formats = ()  # openpyxl drops a number that is not a date: see _value
    reader.read_worksheets()
    if not reader.wb.worksheets:
        raise RecordError(path, "the workbook has no worksheet", SAVE_AGAIN_HINT)
    return reader.wb


def _convert_cell(cell: Any) -> object:
    """The value of a cell; None for a blank one."""
    value = cell.value
    if isinstance(value, str):
        return unescape(value) if value.strip() else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        east_asian = cell.style_array.numFmtId in EAST_ASIAN_DATE_FORMATS
        code = "d" if east_asian else cell.number_format
        if numbers.is_date_format(code):
            epoch, span = cell.parent.parent.epoch, numbers.is_timedelta_format(code)
            with suppress(OverflowError, ValueError):  # no date is that far away
                return from_excel(value, epoch, timedelta=span)
    return round_as_shown(value)


class _SharedStrings(list[str]):
    """The shared strings; a list would take a negative number for one from the end."""

    def __getitem__(self, number: Any) -> Any:
        if number < 0:
            raise IndexError(f"shared string {number}")
        return super().__getitem__(number)


class _GuardedArchive(zipfile.ZipFile):
    """An archive whose parts are guarded."""

    frees = STRING_TAG  # the element with which openpyxl lets go of what it holds

    def open(self, name: Any, *_: Any, **__: Any) -> Any:
        """A part, if it unpacks to what may be read."""
        info, path = self.getinfo(name), Path(str(self.filename))
        if info.flag_bits & 1:
            raise RecordError(path, "the workbook is encrypted", DECRYPT_HINT)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"{name} is compressed by method {info.compress_type}")
        if info.file_size > max(SAFE_PART_BYTES, MAX_COMPRESSION_RATIO * info.compress_size):
            raise RecordError(
                path,
                "the workbook is too large: {part} unpacks from {packed:,} KB to {unpacked:,} MB",
                SAVE_AGAIN_HINT,
                part=name,
                unpacked=info.file_size >> 20,
                packed=info.compress_size >> 10,
            )
        return _GuardedPart(path, name, super().open(name), self.frees)


class _GuardedPart(BufferedIOBase):
    """A part that is parsed as it is read, so that nothing out of bounds reaches openpyxl.

    A parser without a tree does it: an encoding, a comment or a prefix would hide from expressions.
    What zipfile gives in pieces is no longer than the size that the archive declares.
    """

    def __init__(self, path: Path, name: str, source: IO[bytes], frees: str) -> None:
        self._path, self._name, self._source, self._frees = path, name, source, frees
        self._row = self._column = self._fed = 0
        self._held = self._before = self._since = 0  # elements, before this row; its first byte
        self._ended = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def read(self, size: int | None = -1) -> bytes:
        """The next piece, or all that is left, which openpyxl then holds as a whole."""
        if size is None or size < 0:
            self._frees = ""
            return b"".join(iter(partial(self.read, CHUNK_BYTES), b""))
        piece = self._source.read(size)
        for strict, usual in STRICT_NAMESPACES:
            piece = piece.replace(strict, usual)
        if not self._ended:
            self._ended = not piece
            self._fed += len(piece)
            self._parser.Parse(piece, self._ended)
        if self._fed - self._parser.CurrentByteIndex > MAX_TAG_BYTES and not self._ended:
            message = "the workbook is damaged: a tag of {part} has no end"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, part=self._name)
        self._bound(self._fed - self._since, MAX_BYTES_IN_MEMORY)
        return piece

    def close(self) -> None:
        """Close the part and what it is read from."""
        self._source.close()
        super().close()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._held += 1
        self._bound(self._held, MAX_ELEMENTS)
        if name == self._frees:
            self._before = self._held - 1
            self._start_row(int(attributes.get("r", self._row + 1)))
        elif name == CELL_TAG and "r" in attributes:
            self._start_cell(attributes["r"])
        elif name == CELL_TAG:
            self._start_column(self._column + 1)

    def _end(self, name: str) -> None:
        if name == self._frees:
            self._held = self._before
            if name == ROW_TAG:
                self._since = self._parser.CurrentByteIndex

    def _start_row(self, number: int) -> None:
        if self._frees == STRING_TAG:
            self._bound(number, MAX_SHARED_STRINGS)
        elif number > MAX_ROWS:
            message = "the workbook is damaged: this row is beyond the {most:,} rows of a sheet"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, row=number, most=MAX_ROWS)
        self._check_order(self._row, number)
        self._row, self._column = number, 0

    def _start_cell(self, place: str) -> None:
        found = CELL_REFERENCE_PATTERN.fullmatch(place)
        if found is None:
            message = "the workbook is damaged: `{place}` is not a cell"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, place=place)
        self._start_column(column_index_from_string(found[1]))

    def _start_column(self, number: int) -> None:
        if number > MAX_COLUMNS:
            message = "the workbook is damaged: this row has more than {most:,} columns"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, row=self._row, most=MAX_COLUMNS)
        self._check_order(self._column, number)
        self._column = number

    def _check_order(self, before: int, number: int) -> None:
        if number <= before:  # openpyxl would drop it
            message = "the workbook is damaged: its rows and cells are not in order"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, row=self._row or None)

    def _bound(self, value: int, most: int) -> None:
        if value > most:
            message = "the workbook is too large: {part} holds more than can be read"
            raise RecordError(self._path, message, SAVE_AGAIN_HINT, part=self._name)

    def _refuse_doctype(self, *_: object) -> NoReturn:
        message = "the workbook declares a document type, which no workbook may"
        raise RecordError(self._path, message, SAVE_AGAIN_HINT)
