"""Rows of an xlsx workbook, read with the standard library in bounded time and memory.

A workbook is a zip archive of XML parts, and either format can unpack to far more than the file
holds. Each part is measured before it is read, and the rows of a sheet are read one at a time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from posixpath import join, normpath
from types import TracebackType
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from .file_access import RecordError, open_bytes
from .workbook_parts import (
    MOST_ROWS,
    BookReader,
    PartReader,
    RelationReader,
    RowReader,
    StringReader,
    StyleReader,
    WorkbookError,
)

MOST_CELLS = 100 * MOST_ROWS  # with the blank ones: minutes of reading
LARGEST_RATIO = 100  # of unpacked to packed bytes, as in ZipSecureFile of Apache POI
SMALL_PART = 16 << 20  # bytes that do no harm at any ratio
LARGEST_HELD = 256 << 20  # bytes of a part that is held in memory, such as the shared strings
CHUNK = 1 << 20
LONGEST_TAG = 8 * CHUNK  # the parser scans an unfinished tag again with each chunk

EMPTY_FORMULA = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^<>]*)?/>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # begins an encrypted workbook, and one of Excel 97
SAVE_AGAIN = "open it in a spreadsheet program and save it as xlsx again, or as CSV UTF-8"
DECRYPT = "remove its password, and save it as xlsx or as CSV UTF-8"
RENAME = "give the file the ending of what it is, such as .csv, or save it as xlsx"
DAMAGED = "the workbook is damaged: {reason}"


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Open a workbook; whatever is wrong in it becomes an error that names the file."""
    try:
        with Workbook(path) as book:
            yield book
    except (RecordError, OSError, MemoryError):
        raise
    except WorkbookError as error:
        hint = error.hint or SAVE_AGAIN
        raise RecordError(path, error.message, hint, row=error.row, **error.values) from error
    except Exception as error:  # the archive, its compression and the XML fail in many ways
        reason = str(error) or type(error).__name__
        raise RecordError(path, DAMAGED, SAVE_AGAIN, reason=reason) from error


class Sheet(NamedTuple):
    """One worksheet, and the part of the archive that holds it."""

    name: str
    part: str
    hidden: bool


class Workbook:
    """An open workbook; it reads the parts that are asked for."""

    def __init__(self, path: Path) -> None:
        with open_bytes(path) as file:
            start = file.read(len(COMPOUND))
        if start == COMPOUND:
            message = "the workbook is encrypted, or in the format of Excel 97 to 2003"
            raise WorkbookError(message, DECRYPT)
        if not start.startswith(b"PK"):
            raise WorkbookError("this is not an xlsx workbook, whatever its name says", RENAME)
        self._archive = zipfile.ZipFile(path)
        self._parts = {_part(info.filename): info for info in self._archive.infolist()}
        root = self._relations("")
        self._main = next(
            (target for kind, target in root.values() if kind == "officeDocument"),
            "xl/workbook.xml",
        )
        self._related = self._relations(self._main)
        self._read(self._main, book := BookReader())
        self.sheets = tuple(
            Sheet(name, self._related[key][1], hidden)
            for name, key, hidden in book.sheets
            if self._related[key][0] == "worksheet"  # there are sheets of charts too
        )
        if not self.sheets:
            raise WorkbookError("the workbook has no worksheet")
        self._epoch = datetime(1904, 1, 1) if book.since_1904 else datetime(1899, 12, 30)

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.close()

    def has_cells(self, sheet: Sheet) -> bool:
        """Whether a sheet holds anything."""
        return next(self.rows(sheet), None) is not None

    def rows(self, sheet: Sheet, width: int = 0) -> Iterator[tuple[int, list[object]]]:
        """The rows that are not blank with their numbers, filled up to a width."""
        strings, kinds = self._shared
        reader = RowReader(strings, kinds, self._epoch)
        most = MOST_CELLS
        for _ in self._pieces(sheet.part, reader):
            for number, cells in reader.ready:
                row: list[object] = [None] * max(width, 1 + max(cells))
                for column, value in cells.items():
                    row[column] = value
                most -= len(row)
                if most < 0:
                    raise WorkbookError(
                        "the sheet has more than {most:,} cells", SAVE_AGAIN, most=MOST_CELLS
                    )
                yield number, row
            reader.ready.clear()

    def count_empty_formulas(self, sheet: Sheet) -> int:
        """How many cells have a formula and no value: no program has computed it yet."""
        count, rest = 0, b""
        with self._archive.open(self._info(sheet.part)) as file:
            while piece := file.read(CHUNK):
                text, cut, rest = (rest[-LONGEST_TAG:] + piece).rpartition(b"c>")
                if b"<f" in text or b":f" in text:
                    count += len(EMPTY_FORMULA.findall(text + cut))
        return count

    @cached_property
    def _shared(self) -> tuple[list[str], dict[str, str]]:
        """What cells refer to by number: texts, and the styles that show dates."""
        strings, styles = StringReader(), StyleReader()
        readers: tuple[tuple[str, PartReader], ...] = (
            ("sharedStrings", strings),
            ("styles", styles),
        )
        for kind, reader in readers:
            for part in (target for name, target in self._related.values() if name == kind):
                self._read(part, reader)
        return strings.found, styles.kinds()

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The parts that a part refers to: their kind and name, by the key of the reference."""
        folder, _, name = part.rpartition("/")
        self._read(join(folder, "_rels", f"{name}.rels"), found := RelationReader())
        return {
            key: (kind.rpartition("/")[2], _part(join("/", folder, target)))
            for key, kind, target in found.found
        }

    def _read(self, part: str, reader: PartReader) -> None:
        """Read a whole part, if it is there."""
        if _part(part) in self._parts:
            if self._info(part).file_size > LARGEST_HELD:
                raise _too_large(part, self._info(part))
            for _ in self._pieces(part, reader):
                pass

    def _pieces(self, part: str, reader: PartReader) -> Iterator[None]:
        """Parse a part, and pause after each chunk."""
        parser = _parser(reader)
        fed = 0
        with self._archive.open(self._info(part)) as file:
            while piece := file.read(CHUNK):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > LONGEST_TAG:
                    raise WorkbookError(
                        "the workbook is damaged: a tag of {part} has no end", part=part
                    )
                yield
        parser.Parse(b"", True)
        yield

    def _info(self, part: str) -> zipfile.ZipInfo:
        """The entry of a part, if it is there and unpacks to what may be read."""
        info = self._parts.get(_part(part))
        if info is None:
            raise WorkbookError("the workbook is damaged: it has no part {part}", part=part)
        if info.flag_bits & 1:
            raise WorkbookError("the workbook is encrypted", DECRYPT)
        if info.file_size > max(SMALL_PART, LARGEST_RATIO * info.compress_size):
            raise _too_large(part, info)
        return info


def _parser(reader: PartReader) -> expat.XMLParserType:
    """A parser that hands elements to the reader, without the prefix that the first one has."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        prefix, colon, local = name.rpartition(":")
        prefix += colon
        parser.StartElementHandler = (
            (lambda name, attributes: reader.start(name.removeprefix(prefix), attributes))
            if prefix
            else reader.start
        )
        parser.EndElementHandler = (
            (lambda name: reader.end(name.removeprefix(prefix))) if prefix else reader.end
        )
        reader.start(local, attributes)

    parser.StartElementHandler = start
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _part(name: str) -> str:
    """The name of a part as it is compared."""
    return normpath(join("/", name.replace("\\", "/"))).lstrip("/").casefold()


def _too_large(part: str, info: zipfile.ZipInfo) -> WorkbookError:
    return WorkbookError(
        "the workbook is too large: {part} unpacks from {packed:,} KB to {unpacked:,} MB",
        SAVE_AGAIN,
        part=part,
        unpacked=info.file_size >> 20,
        packed=info.compress_size >> 10,
    )


def _refuse_doctype(*_: object) -> NoReturn:
    raise WorkbookError("the workbook declares a document type, which no workbook may")
