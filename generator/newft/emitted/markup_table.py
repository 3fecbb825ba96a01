"""Rows of the largest table of a web page or of SpreadsheetML 2003, as web systems export them.

Such files are often called .xls. Every table of a page counts, also one within another, as old
pages arrange their parts by tables; the text of an inner table is not part of the outer one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from .file_access import RecordError, open_regular_file
from .file_format import FileFormat, Remark
from .foreign_files import FOREIGN_HINTS, FOREIGN_MESSAGES, MARKUP
from .markup_text import BREAKING_TAGS, Piece, iterate_markup
from .text_encoding import detect_encoding

MAX_BYTES = 128 << 20  # of a page, which is held in memory
MAX_CELLS = 20_000_000  # with those that others span: a page of the size above has fewer
MAX_COLUMNS, MAX_SPAN, MAX_ROWS = 16_384, 1_000, 1_048_576  # of a sheet, and HTML's of a cell
MAX_OPEN_TABLES = 50  # tables within tables: pages have a few
MIN_LEFT_SHARE = 0.25  # of the cells of the largest table: a smaller one is a menu or a legend
CHARSET_BYTES = 4_096  # within which a page says its encoding
SMALLER_HINT = "save it as CSV UTF-8, or split it into several files"

ROW_TAGS, CELL_TAGS = ("tr", "row"), ("td", "th", "cell")  # of HTML, and of SpreadsheetML
PART_TAGS = ("thead", "tbody", "tfoot", "table")  # that end a row

_SPAN_PATTERN = re.compile(
    r"(?<![\w-])(colspan|rowspan|index|mergeacross|mergedown)\s*=\s*[\"']?\s*(\d{1,7})",
    re.IGNORECASE,
)
_CHARSET_PATTERN = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]{3,20})", re.IGNORECASE)
_CHARSETS = {  # that pages name, and what decodes them; UTF-8 and GB18030 are known by their bytes
    **{"big5": "big5hkscs", "shift_jis": "cp932", "euc-jp": "euc-jp", "euc-kr": "cp949"},
    **{"iso-8859-1": "cp1252", "us-ascii": "cp1252", "iso-8859-15": "iso-8859-15"},
    **{"iso-8859-2": "iso-8859-2", "koi8-r": "koi8-r"},
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
}
_EAST_ASIAN = ("big5", "shift_jis", "euc-jp", "euc-kr")


def detect_markup_table(path: Path) -> FileFormat:
    """The layout of a page: its encoding, and which of its tables is the largest."""
    encoding = _detect_encoding(path)
    rows, cells = Counter[str](), Counter[str]()
    for table, _, row in _iterate_rows(path, _read_page(path, encoding)):
        filled = sum(cell is not None for cell in row)
        rows[table] += filled > 1
        cells[table] += filled
    chosen = max(cells, key=cells.__getitem__, default="")
    if rows[chosen] < 2:  # a header and a record
        raise RecordError(path, FOREIGN_MESSAGES[MARKUP], FOREIGN_HINTS[MARKUP])
    others = sum(count >= MIN_LEFT_SHARE * cells[chosen] for count in cells.values()) - 1
    template = "of {file}, only the largest table is read, and not {count:,} more"
    values = {"file": path.name, "count": others}
    remarks = (Remark(template, values),) if others else ()
    return FileFormat("html", encoding, sheet=chosen, remarks=remarks)


def read_markup_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, list[object]]]:
    """The number and the cells of each row of the table that was chosen."""
    page = _read_page(path, layout.encoding or "")
    for table, number, row in _iterate_rows(path, page):
        if table == layout.sheet:
            yield number, row + [None] * (len(layout.places) - len(row))


def _detect_encoding(path: Path) -> str:
    """The encoding by the bytes; what the page says decides where they do not."""
    with open_regular_file(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = "the page is larger than {most} MB"
        raise RecordError(path, message, SMALLER_HINT, most=MAX_BYTES >> 20)
    said = _CHARSET_PATTERN.search(content[:CHARSET_BYTES])
    name = said[1].decode().lower() if said else ""
    fits = name in _CHARSETS and _decodes(content, _CHARSETS[name])
    try:
        found = detect_encoding(path)
    except RecordError:
        if fits:
            return _CHARSETS[name]
        raise
    # the bytes of these may be GB18030 by chance, and pages seldom name them by mistake
    told = found == "gb18030" and fits and name in _EAST_ASIAN
    return _CHARSETS[name] if told else found


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _read_page(path: Path, encoding: str) -> str:
    with open_regular_file(path) as file:
        return file.read(MAX_BYTES).decode(encoding)


@dataclass
class _Cell:
    """A cell that is read: its first column, how far it reaches, and its texts so far."""

    column: int
    width: int
    last_row: int
    texts: list[str] = field(default_factory=list)
    wraps: bool = True  # as texts of HTML do, while SpreadsheetML keeps its line breaks
    heard: bool = True  # whether texts belong to it

    def read(self) -> str | None:
        """The text of the cell; None for a blank one."""
        text = "".join(self.texts)
        return (" ".join(text.split()) if self.wraps else text.strip()) or None


@dataclass
class _Table:
    """A table that is read: the cells of its row, and those of rows above that reach into it."""

    name: str
    number: int = 0  # of the row
    row: dict[int, str | None] | None = None
    next_column: int = 0
    cell: _Cell | None = None
    spans: dict[int, tuple[int, str | None]] = field(default_factory=dict)  # last row, value
    places: int = 0  # that were read, with those that cells of other places take

    def start_row(self, rest: str) -> None:
        """Begin a row; SpreadsheetML may skip some."""
        at = _read_spans(rest).get("index", 0)
        self.number = at if self.number < at <= MAX_ROWS else self.number + 1
        self.row, self.next_column = {}, 0

    def start_cell(self, tag: str, rest: str) -> None:
        """Begin a cell at the next place that no cell above takes."""
        self.end_cell()
        if self.row is None:
            self.start_row("")
        spans = _read_spans(rest)
        column = max(self.next_column, spans.get("index", 0) - 1)
        while column in self.spans:
            column += 1
        width = max(1, min(spans.get("colspan", spans.get("mergeacross", 0) + 1), MAX_SPAN))
        height = max(1, spans.get("rowspan", spans.get("mergedown", 0) + 1))
        sheet = tag == "cell"
        self.cell = _Cell(column, width, self.number + height - 1, wraps=not sheet, heard=not sheet)

    def end_cell(self) -> None:
        """Put the cell into its row; only the first place of those that it takes has its text."""
        cell, self.cell = self.cell, None
        if cell is None or self.row is None:
            return
        self.places += cell.width if cell.column < MAX_COLUMNS else MAX_CELLS
        value: str | None = cell.read()
        self.next_column = min(cell.column + cell.width, MAX_COLUMNS)
        for column in range(cell.column, self.next_column):
            self.row[column] = value
            if cell.last_row > self.number:
                self.spans[column] = (cell.last_row, value)
            value = None

    def end_row(self) -> list[object]:
        """The cells of the row that ends, up to the last that has a text; none of a blank row."""
        self.end_cell()
        row, self.row = self.row or {}, None
        filled = any(value is not None for value in row.values())
        self.places += len(self.spans)
        for column, (last, value) in [*self.spans.items()]:
            if row.get(column) is None:
                row[column] = value
            if last <= self.number:
                del self.spans[column]
        width = 1 + max(column for column, one in row.items() if one is not None) if filled else 0
        return [row.get(column) for column in range(width)]

    def follow(self, piece: Piece) -> None:
        """Read a text and the tag after it, where that is no tag of a row or a table."""
        tag, cell = piece.tag, self.cell
        if tag in CELL_TAGS and piece.ends:
            self.end_cell()
        elif tag in CELL_TAGS:
            self.start_cell(tag, piece.rest)
        elif cell and tag in BREAKING_TAGS:
            cell.texts.append(" ")
        elif cell and not cell.wraps and tag in ("data", "comment"):
            cell.heard = tag == "data" and not piece.ends


class _Page:
    """The tables of a page that are open, the outermost first."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.count = self.places = 0

    def follow(self, piece: Piece) -> tuple[str, int, list[object]] | None:
        """Read a text and a tag; of a row that ends there, the table, the number and the cells."""
        table = self.tables[-1] if self.tables else None
        if table and table.cell and table.cell.heard:
            table.cell.texts.append(piece.text)
        if piece.tag == "table" and not piece.ends:
            self._open_table()
        elif table and (piece.tag in ROW_TAGS or piece.tag in PART_TAGS):
            ended = self._end_row(table)
            if piece.tag in ROW_TAGS and not piece.ends:
                table.start_row(piece.rest)
            elif piece.tag == "table":
                self.tables.pop()
            return ended
        elif table:
            table.follow(piece)
        return None

    def _open_table(self) -> None:
        if len(self.tables) < MAX_OPEN_TABLES:
            self.count += 1
            self.tables.append(_Table(f"{self.count}"))

    def _end_row(self, table: _Table) -> tuple[str, int, list[object]]:
        number, row = table.number, table.end_row()
        self.places, table.places = self.places + table.places, 0
        return table.name, number, row


def _iterate_rows(path: Path, text: str) -> Iterator[tuple[str, int, list[object]]]:
    """The name of the table, the number and the cells of each row that is not blank."""
    page = _Page()
    ends = (Piece("", "table", ends=True) for _ in range(MAX_OPEN_TABLES))  # that the page lacks
    for piece in chain(iterate_markup(text), ends):
        ended = page.follow(piece)
        if page.places > MAX_CELLS:
            message = "the sheet has more than {most:,} cells"
            raise RecordError(path, message, SMALLER_HINT, most=MAX_CELLS)
        if ended and ended[2]:
            yield ended


def _read_spans(rest: str) -> dict[str, int]:
    """The numbers in the attributes of a tag that say where a cell stands and how far it goes."""
    return {name.lower(): int(value) for name, value in _SPAN_PATTERN.findall(rest)} if rest else {}
