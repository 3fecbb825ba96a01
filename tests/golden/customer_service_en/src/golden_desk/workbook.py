"""Rows of an xlsx workbook, read with the standard library in bounded time and memory.

A workbook is a zip archive of XML parts, and either format can unpack to far more than the file
holds. Each part is measured before it is read, and the rows of a sheet are read one at a time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from posixpath import join, normpath
from types import TracebackType
from typing import NamedTuple, NoReturn, Protocol
from xml.parsers import expat

from .file_access import RecordError, open_bytes

# Microsoft, "Excel specifications and limits": the rows and columns of a sheet
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
MOST_CELLS = 100 * MOST_ROWS  # with the blank ones: minutes of reading
LARGEST_RATIO = 100  # of unpacked to packed bytes, as in ZipSecureFile of Apache POI
SMALL_PART = 16 << 20  # bytes that do no harm at any ratio
LARGEST_HELD = 256 << 20  # bytes of a part that is held in memory, such as the shared strings
CHUNK = 1 << 20
LONGEST_TAG = 8 * CHUNK  # the parser scans an unfinished tag again with each chunk

CELL = re.compile(r"([A-Z]{1,3})\d+", re.IGNORECASE)
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # a control character in a text
EMPTY_FORMULA = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^<>]*)?/>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
# ECMA-376 part 1, 18.8.30: the built-in number formats of dates and times, and of a duration
DATES, DURATIONS = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}, {46}
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # begins an encrypted workbook, and one of Excel 97
Cells = dict[int, object]  # by column, from 0

SAVE_AGAIN = "open it in a spreadsheet program and save it as xlsx again, or as CSV UTF-8"


DECRYPT = "remove its password, and save it as xlsx or as CSV UTF-8"
RENAME = "give the file the ending of what it is, such as .csv, or save it as xlsx"
DAMAGED = "the workbook is damaged: {reason}"


class WorkbookError(Exception):
    """A workbook that cannot be read: the templates of message and hint, and their values."""

    def __init__(
        self, message: str, hint: str = SAVE_AGAIN, *, row: int | None = None, **values: object
    ) -> None:
        super().__init__(message.format_map(values))
        self.message, self.hint, self.row, self.values = message, hint, row, values


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Open a workbook; whatever is wrong in it becomes an error that names the file."""
    try:
        with Workbook(path) as book:
            yield book
    except (RecordError, OSError, MemoryError):
        raise
    except WorkbookError as error:
        raise RecordError(path, error.message, error.hint, row=error.row, **error.values) from error
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
        self._read(self._main, book := _Book())
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
        reader = _Rows(strings, kinds, self._epoch)
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
        strings, styles = _Strings(), _Styles()
        readers: tuple[tuple[str, _Reader], ...] = (("sharedStrings", strings), ("styles", styles))
        for kind, reader in readers:
            for part in (target for name, target in self._related.values() if name == kind):
                self._read(part, reader)
        return strings.found, styles.kinds()

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The parts that a part refers to: their kind and name, by the key of the reference."""
        folder, _, name = part.rpartition("/")
        self._read(join(folder, "_rels", f"{name}.rels"), found := _Relations())
        return {
            key: (kind.rpartition("/")[2], _part(join("/", folder, target)))
            for key, kind, target in found.found
        }

    def _read(self, part: str, reader: _Reader) -> None:
        """Read a whole part, if it is there."""
        if _part(part) in self._parts:
            if self._info(part).file_size > LARGEST_HELD:
                raise _too_large(part, self._info(part))
            for _ in self._pieces(part, reader):
                pass

    def _pieces(self, part: str, reader: _Reader) -> Iterator[None]:
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


class _Reader(Protocol):
    """What is made of the elements of a part."""

    def start(self, name: str, attributes: dict[str, str], /) -> None: ...

    def end(self, name: str, /) -> None: ...

    def text(self, text: str, /) -> None: ...


class _Silent:
    """A reader that ignores everything."""

    def start(self, name: str, attributes: dict[str, str], /) -> None: ...

    def end(self, name: str, /) -> None: ...

    def text(self, text: str, /) -> None: ...


class _Relations(_Silent):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found.append((attributes["Id"], attributes["Type"], attributes["Target"]))


class _Book(_Silent):
    """The names of the sheets, and the year that dates are counted from."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        if name == "sheet":
            key = next(value for name, value in attributes.items() if name.endswith(":id"))
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes["name"], key, hidden))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")


class _Styles(_Silent):
    """The number format of each cell style."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._of_cells = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        if name == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self._formats.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str, /) -> None:
        if name == "cellXfs":
            self._of_cells = False

    def kinds(self) -> dict[str, str]:
        """Which styles show a date or a duration."""
        kinds = {str(style): self._kind(number) for style, number in enumerate(self._formats)}
        return {style: kind for style, kind in kinds.items() if kind}

    def _kind(self, number: int) -> str:
        code = LITERAL.sub("", self._codes.get(number, "").partition(";")[0]).casefold()
        if number in DURATIONS or "[" in code:
            return "duration"
        return "date" if number in DATES or any(letter in code for letter in "dmyhs") else ""


class _Texts(_Silent):
    """The text of `t` elements, without the phonetic guides of East Asian text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._wanted = self._guide = False

    def start(self, name: str, _attributes: dict[str, str], /) -> None:
        if name == "t":
            self._wanted = not self._guide
        elif name == "rPh":
            self._guide = True

    def end(self, name: str, /) -> None:
        if name == "t":
            self._wanted = False
        elif name == "rPh":
            self._guide = False

    def text(self, text: str, /) -> None:
        if self._wanted:
            self._pieces.append(text)

    def _joined(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Strings(_Texts):
    """The shared strings, which cells name by number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def end(self, name: str, /) -> None:
        super().end(name)
        if name == "si":
            self.found.append(self._joined())


class _Rows(_Texts):
    """The rows of a sheet that have cells with values."""

    def __init__(self, strings: list[str], kinds: dict[str, str], epoch: datetime) -> None:
        super().__init__()
        self.ready: list[tuple[int, Cells]] = []
        self._strings, self._kinds, self._epoch = strings, kinds, epoch
        self._inside = False
        self._row, self._column, self._cells = 0, -1, Cells()
        self._type, self._style = "n", "0"

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        if name == "sheetData":
            self._inside = True
        elif not self._inside:  # positions of drawings have a `row` as well
            return
        elif name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._wanted = True
        elif name == "row":
            self._start_row(attributes)
        else:
            super().start(name, attributes)

    def end(self, name: str, /) -> None:
        if name == "v":
            self._wanted = False
        elif name == "c" and self._inside:
            value = self._value(self._joined())
            if value is not None:
                self._cells[self._column] = value
        elif name == "row" and self._inside:
            if self._cells:
                self.ready.append((self._row, self._cells))
            self._cells = Cells()
        elif name == "sheetData":
            self._inside = False
        else:
            super().end(name)

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row = max(self._row + 1, int(attributes.get("r", 0)))
        self._column = -1
        if self._row > MOST_ROWS:
            message = "the workbook is damaged: this row is beyond the {most:,} rows of a sheet"
            raise WorkbookError(message, row=self._row, most=MOST_ROWS)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else _column(place)
        if self._column >= MOST_COLUMNS:
            message = "the workbook is damaged: this row has more than {most:,} columns"
            raise WorkbookError(message, row=self._row, most=MOST_COLUMNS)
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")

    def _value(self, text: str) -> object:
        """The value of a cell; None for a blank one."""
        if not text.strip():
            return None
        if self._type == "s":
            number = int(text)
            if not 0 <= number < len(self._strings):
                message = "the workbook is damaged: this row names shared string {number} of {many}"
                raise WorkbookError(message, row=self._row, number=number, many=len(self._strings))
            return self._strings[number] if self._strings[number].strip() else None
        if self._type == "b":
            return text.strip() in ("1", "true")
        return self._moment(_number(text)) if self._type == "n" else text

    def _moment(self, value: object) -> object:
        """A number as the date, time or duration that its style shows."""
        kind = self._kinds.get(self._style)
        if kind is None or not isinstance(value, (int, float)):
            return value
        with suppress(OverflowError, ValueError):  # no date is that far away
            span = timedelta(milliseconds=round(value * 86_400_000))
            if kind == "duration":
                return span
            if timedelta() <= span < timedelta(days=1):
                return (self._epoch + span).time()
            # Excel counts a 29 February 1900, which was none
            early = self._epoch.year < 1900 and span < timedelta(days=60)
            return self._epoch + span + timedelta(days=early)
        return value


def _number(text: str) -> object:
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return text


def _column(place: str) -> int:
    """The number of a cell's column, from 0."""
    found = CELL.fullmatch(place)
    if found is None:
        raise WorkbookError("the workbook is damaged: `{place}` is no cell", place=place)
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _parser(reader: _Reader) -> expat.XMLParserType:
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
