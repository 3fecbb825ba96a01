"""Rows of csv, tsv, json, jsonl, txt and xlsx files, in whatever encoding, with their numbers."""

from __future__ import annotations

import codecs
import contextlib
import csv
import json
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

SUFFIXES, OBJECTS = (".csv", ".tsv", ".json", ".jsonl", ".txt", ".xlsx"), ("json", "jsonl", "txt")
LONGEST_CELL, LONGEST_RECORD = 1_000_000, 200_000  # characters; lines, before a quote must close
SNIFFED_ROWS, KEYED_LINES, CHUNK = 50, 1_000, 1 << 20
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
CHINESE_PAIR = re.compile(rb"([\xa1-\xf7][\xa1-\xfe])|[\x81-\xfe][\x40-\x7e]")
DAMAGED = re.compile("[\ufffd\ud800-\udfff]")  # JSON may spell half a surrogate pair
AS_UTF8 = "save it as UTF-8 (in Excel: CSV UTF-8), or give the xlsx file itself"

csv.field_size_limit(2**31 - 1)  # a long cell is a fault of its row, not the end of the reading


class RecordError(Exception):
    """A file that cannot be read as records: what, where, and what to do."""

    def __init__(self, path: Path, message: str, hint: str, *, row: int | None = None) -> None:
        super().__init__(f"{path}:{row}: {message}" if row else f"{path}: {message}")
        self.path, self.message, self.hint, self.row = path, message, hint, row


@dataclass(frozen=True, slots=True)
class Row:
    """One record and where it stands: row of the sheet, line of the file, or place in the list."""

    file: str
    number: int
    values: Mapping[str, object]
    fault: str | None = None  # broken_row, bad_encoding or too_long


@dataclass(frozen=True)
class Layout:
    """How a file is written."""

    kind: str  # csv, tsv, json, jsonl, txt, xlsx
    encoding: str | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] = ()


def data_files(path: Path) -> list[Path]:
    """The file itself, or the supported files of a folder, sorted by name."""
    if not path.is_dir():
        return [path]
    files = [p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES and p.is_file()]
    files = [p for p in files if not p.name.startswith((".", "~$"))]  # Office locks as ~$name
    if not files:
        raise RecordError(path, "no data file in this folder", f"put in {', '.join(SUFFIXES)}")
    return files


def detect(path: Path) -> Layout:
    """How the file is written, from all of its bytes."""
    kind = path.suffix.lower().removeprefix(".")
    if f".{kind}" not in SUFFIXES:
        raise RecordError(path, "such files are not read", f"give one of {', '.join(SUFFIXES)}")
    try:
        with path.open("rb") as file:
            head = file.read(CHUNK)
    except OSError as error:
        hint = "check the path and its permissions"
        raise RecordError(path, f"cannot be read: {error.strerror}", hint) from error
    if not head.strip():
        raise RecordError(path, "the file is empty", "give a file with records")
    layout = Layout(kind, None if kind == "xlsx" else _encoding(path, head))
    if kind in OBJECTS:
        return _object_layout(path, layout)
    if kind in ("csv", "tsv"):
        layout = replace(layout, delimiter=_delimiter(path, layout))
    return replace(layout, columns=_header(path, _grid(path, layout)))


def read_rows(path: Path, layout: Layout | None = None) -> Iterator[Row]:
    """Every row that is not blank, in constant memory unless the file is one JSON document."""
    layout = layout or detect(path)
    return (_object_rows if layout.kind in OBJECTS else _grid_rows)(path, layout)


def text_of(value: object) -> str:
    """A cell as text; nothing for an empty one, and `3` for the 3.0 of a spreadsheet."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')


def _encoding(path: Path, head: bytes) -> str:
    """The first encoding that decodes the whole file strictly."""
    encodings = [name for bom, name in BOMS.items() if head.startswith(bom)]
    if not encodings:
        if len(head.translate(None, CONTROL)) < len(head) * 0.95:
            raise RecordError(path, "this is a binary file, not text", AS_UTF8)
        # A Windows-1252 quote before a letter decodes as gb18030 too, though not as GB 2312.
        pairs = CHINESE_PAIR.findall(head)
        encodings = ["utf-8"] if pairs.count(b"") > len(pairs) * 0.75 else ["utf-8", "gb18030"]
    furthest = 0
    for encoding in encodings:
        number = 1
        try:
            with path.open(encoding=encoding, newline="\n") as lines:
                for _ in lines:
                    number += 1
            return encoding
        except UnicodeDecodeError as error:
            furthest = max(furthest, number + error.object[: error.start].count(b"\n"))
    raise RecordError(path, f"this line is not {' or '.join(encodings)}", AS_UTF8, row=furthest)


def _delimiter(path: Path, layout: Layout) -> str:
    """The delimiter that splits the header, and the first rows into as many cells."""

    def fit(delimiter: str) -> tuple[float, int]:
        grid = _grid(path, replace(layout, delimiter=delimiter))
        widths = [len(cells or "") for cells in islice(grid, SNIFFED_ROWS) if cells != []]
        width = widths[0] if widths else 0
        return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)

    return max("\t,;" if layout.kind == "tsv" else ",\t;", key=fit)


def _grid(path: Path, layout: Layout) -> Iterator[Sequence[object] | None]:
    """The cells of each row of a table, its header and blank rows too; None for a broken row."""
    if layout.kind == "xlsx":
        yield from _sheet(path, len(layout.columns))
    else:
        with path.open(encoding=layout.encoding, newline="") as lines:
            yield from _records(lines, layout.delimiter or ",")


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | None]:
    """The cells of each record; None for one that is quoted wrongly, read on from its next line."""
    source, again, held = iter(lines), list[str](), list[str]()  # held: of the record in progress

    def feed() -> Iterator[str]:
        while (line := again.pop() if again else next(source, None)) is not None:
            held.append(line)
            if len(held) > LONGEST_RECORD:
                raise csv.Error
            yield line

    while True:
        try:
            for cells in csv.reader(feed(), delimiter=delimiter, strict=True):
                held.clear()
                yield cells
            return
        except csv.Error:
            again.extend(reversed(held[1:]))
            yield held[0].rstrip("\r\n").split("\t") if delimiter == "\t" else None  # no quoting
            held.clear()


def _sheet(path: Path, width: int) -> Iterator[list[object]]:
    """The rows of a workbook's first sheet, filled up to a width unless blank."""
    try:
        import openpyxl  # type: ignore[import-untyped]

        with warnings.catch_warnings(action="ignore"):  # about styles, which are not cells
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        with contextlib.closing(book):
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some writers declare a size that is wrong
            for row in sheet.iter_rows(values_only=True):
                cells = list(row)
                while cells and not text_of(cells[-1]).strip():
                    cells.pop()
                yield cells and cells + [None] * (width - len(cells))
    except ImportError as error:
        raise RecordError(path, "openpyxl is missing", "pip install openpyxl") from error
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError) as error:
        raise RecordError(path, "not a readable xlsx workbook", "save it as xlsx again") from error


def _header(path: Path, grid: Iterator[Sequence[object] | None]) -> tuple[str, ...]:
    """The column names: the first row that is not blank, and is followed by another."""
    filled = (cells for cells in grid if cells is None or any(text_of(c).strip() for c in cells))
    names = [text_of(cell).strip() for cell in next(filled, None) or ()]
    twice = sorted({f"`{name}`" for name in names if name and names.count(name) > 1})
    if not names:
        message = "the file has no header"
    elif _fault(names):
        message = "the header is binary or damaged"
    elif twice:
        message = f"the header has {', '.join(twice)} twice"
    elif "" in names:
        message = f"column {names.index('') + 1} of {len(names)} has no name in the header"
    elif next(filled, ()) == ():
        message = "the file has a header and no rows"
    else:
        return tuple(names)
    raise RecordError(path, message, "the first row names every column once, the records follow")


def _grid_rows(path: Path, layout: Layout) -> Iterator[Row]:
    """The rows below the header, numbered as a spreadsheet numbers them."""
    file, columns, width = str(path), layout.columns, len(layout.columns)
    grid = enumerate(_grid(path, layout), start=1)
    next(cells for _, cells in grid if cells and any(text_of(cell).strip() for cell in cells))
    for number, cells in grid:
        if cells is not None and len(cells) == width:
            yield Row(file, number, dict(zip(columns, cells, strict=True)), _fault(cells))
        elif cells is None or len(cells) > 1 or any(text_of(cell).strip() for cell in cells):
            yield Row(file, number, {}, _fault(cells or ()) or "broken_row")


def _object_layout(path: Path, layout: Layout) -> Layout:
    """The layout of txt and of JSON, which is one document or one object a line."""
    with path.open(encoding=layout.encoding) as lines:
        filled = (line for line in lines if line.strip())
        first, second = next(filled, ""), next(filled, "")
    if layout.kind == "json" and second and isinstance(_parsed(first, "json"), dict):
        layout = replace(layout, kind="jsonl")
    rows = islice(_object_rows(path, layout), KEYED_LINES)
    columns = tuple(dict.fromkeys(key for row in rows for key in row.values))
    if columns:
        return replace(layout, columns=columns)
    raise RecordError(path, "the file holds no JSON objects", "write a list of objects")


def _object_rows(path: Path, layout: Layout) -> Iterator[Row]:
    """The records of a json, jsonl or txt file, numbered by place or line."""
    with path.open(encoding=layout.encoding) as lines:
        records: Iterable[object] = (_parsed(line, layout.kind) for line in lines)
        if layout.kind == "json":
            records = _document(path, lines.read())
        for number, record in enumerate(records, start=1):
            if not isinstance(record, dict):
                yield Row(str(path), number, {}, "broken_row")
            elif record:
                yield Row(str(path), number, record, _fault(record.values()))


def _document(path: Path, text: str) -> list[object]:
    """The records of a JSON document: a list, the one list in an object, or an object by id."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(path, f"this is not JSON: {error}", "correct it there") from error
    if not isinstance(document, dict):
        return document if isinstance(document, list) else []
    lists = [value for value in document.values() if isinstance(value, list)]
    by_id = [{"id": k} | v if isinstance(v, dict) else v for k, v in document.items()]
    return lists[0] if len(lists) == 1 else by_id


def _parsed(line: str, kind: str) -> object:
    """The record of a line: empty for a blank one, None where it is not JSON."""
    if not line.strip():
        return {}
    with contextlib.suppress(ValueError, RecursionError):
        return {"text": line.rstrip("\n")} if kind == "txt" else json.loads(line)
    return None


def _fault(cells: Iterable[object]) -> str | None:
    """Why a row cannot be used, from its cells."""
    joined = "".join(texts := [text_of(cell) for cell in cells])
    if len(joined) > LONGEST_CELL and max(map(len, texts)) > LONGEST_CELL:
        return "too_long"
    clean = "\0" not in joined and (joined.isascii() or not DAMAGED.search(joined))
    return None if clean else "bad_encoding"
