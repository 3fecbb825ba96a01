"""Rows of csv, tsv, json, jsonl, txt and xlsx files, in whatever encoding, with their numbers."""

from __future__ import annotations

import contextlib
import csv
import importlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import ModuleType

from .file_access import DATA_SUFFIXES, RecordError, open_regular_file, open_text, wrap_file_errors
from .text_encoding import detect_encoding

OBJECT_KINDS = ("json", "jsonl", "txt")
MAX_CELL_CHARS, MAX_RECORD_LINES = (
    1_000_000,
    200_000,
)  # characters; lines, before a quote must close
MAX_SNIFFED_ROWS, MAX_ROWS_FOR_COLUMNS = 50, 1_000
MAX_RECORD_NESTING = 100  # levels of lists and objects in a record
MAX_JSON_NESTING = (
    500  # of a whole JSON document: Python's parser fails at about 1,000, less its callers
)
BLANK_CHECK_BYTES = 1 << 20  # bytes that begin a file with something else than spaces
READ_AS_MESSAGE = "{file} was read as {encoding}"
HEADER_HINT = "the first row names every column once, the records follow"
DAMAGED_PATTERN = re.compile("[\ufffd\ud800-\udfff]")  # JSON may spell half a surrogate pair

csv.field_size_limit(2**31 - 1)  # a long cell is a fault of its row, not the end of the reading

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
    """What to know about a file that can be read: a constant text, and values for its `{names}`."""

    template: str
    values: Mapping[str, object]
    information: bool = False  # nothing is lost or to be done


@dataclass(frozen=True)
class FileFormat:
    """How a file is written."""

    kind: str  # csv, tsv, json, jsonl, txt, xlsx
    encoding: str | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] = ()
    sheet: str | None = None  # of a workbook
    remarks: tuple[Remark, ...] = field(default=(), compare=False)


def detect_format(path: Path) -> FileFormat:
    """How the file is written, from all of its bytes."""
    kind = path.suffix.lower().removeprefix(".")
    with wrap_file_errors(path):
        with open_regular_file(path) as file:
            blank = not file.read(BLANK_CHECK_BYTES).strip()
        if f".{kind}" not in DATA_SUFFIXES:
            message, hint = "files of this kind are not read", "give one of: {kinds}"
            raise RecordError(path, message, hint, kinds=", ".join(DATA_SUFFIXES))
        if blank:
            raise RecordError(path, "the file is empty", "give a file with records")
        if kind == "xlsx":
            return _detect_workbook_format(path)
        layout = FileFormat(kind, encoding := detect_encoding(path))
        if not encoding.startswith("utf-8"):
            values = {"file": path.name, "encoding": encoding}
            layout = replace(layout, remarks=(Remark(READ_AS_MESSAGE, values, information=True),))
        if kind in OBJECT_KINDS:
            return _detect_object_format(path, layout)
        layout = replace(layout, delimiter=_detect_delimiter(path, layout))
        return replace(layout, columns=_read_header(path, _read_grid(path, layout)))


def read_rows(path: Path, layout: FileFormat | None = None) -> Iterator[Row]:
    """Every row that is not blank, in constant memory unless the file is one JSON document."""
    with wrap_file_errors(path):
        layout = layout or detect_format(path)
        yield from (_read_object_rows if layout.kind in OBJECT_KINDS else _read_grid_rows)(
            path, layout
        )


def to_text(value: object) -> str:
    """A cell as text; nothing for an empty one, and `3` for the 3.0 of a spreadsheet."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')


def _detect_delimiter(path: Path, layout: FileFormat) -> str:
    """The delimiter that splits the header, and the first rows into as many cells."""

    def fit(delimiter: str) -> tuple[float, int]:
        grid = (cells for _, cells in _read_grid(path, replace(layout, delimiter=delimiter)))
        widths = [len(cells or "") for cells in islice(grid, MAX_SNIFFED_ROWS) if cells != []]
        width = widths[0] if widths else 0
        return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)

    return max("\t,;" if layout.kind == "tsv" else ",\t;", key=fit)


def _read_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, Cells]]:
    """The number and the cells of each row of a table, those of its header too."""
    if layout.kind == "xlsx":
        workbook = _import_workbook(path)
        with workbook.open_workbook(path) as book:
            yield from workbook.read_sheet(path, book[layout.sheet], len(layout.columns))
    else:
        with open_text(path, layout.encoding, newline="") as lines:
            yield from enumerate(_parse_delimited(lines, layout.delimiter or ","), start=1)


def _import_workbook(path: Path) -> ModuleType:
    """The reader of workbooks, which only a project with a workbook has."""
    try:
        return importlib.import_module(".workbook", __package__)
    except ModuleNotFoundError as error:
        message = "workbooks cannot be read here: there is no module {name}"
        raise RecordError(path, message, "save it as CSV UTF-8", name=error.name) from error


def _detect_workbook_format(path: Path) -> FileFormat:
    """The layout of a workbook: its first visible sheet with cells, and what is not read."""
    workbook = _import_workbook(path)
    with workbook.open_workbook(path) as book:
        visible = [one for one in book.worksheets if one.sheet_state == "visible"]
        hidden = ", ".join(one.title for one in book.worksheets if one.sheet_state != "visible")
        filled = [one for one in visible if next(workbook.read_sheet(path, one), None)]
        if hidden and not filled:
            message, hint = (
                "no visible sheet has cells",
                "show the hidden sheet with the records: {hidden}",
            )
            raise RecordError(path, message, hint, hidden=hidden)
        sheet, *others = filled or visible
        file, remarks = {"file": path.name}, []
        if filled and others:
            names = ", ".join(other.title for other in others)
            template = "of {file}, only the sheet `{sheet}` is read, not: {others}"
            remarks.append(Remark(template, {**file, "sheet": sheet.title, "others": names}))
        if hidden:
            remarks.append(
                Remark("hidden sheets of {file} are not read: {hidden}", {**file, "hidden": hidden})
            )
        if count := workbook.count_empty_formulas(sheet):
            template = (
                "{file} has {count:,} cells with a formula and no value, which are read as empty:"
                " open it in a spreadsheet program and save it"
            )
            remarks.append(Remark(template, {**file, "count": count}))
    layout = FileFormat("xlsx", sheet=sheet.title, remarks=tuple(remarks))
    return replace(layout, columns=_read_header(path, _read_grid(path, layout)))


def _parse_delimited(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | None]:
    """The cells of each record; None for one that is quoted wrongly, read on from its next line."""
    source, again, held = iter(lines), list[str](), list[str]()  # held: of the record in progress

    def feed() -> Iterator[str]:
        while (line := again.pop() if again else next(source, None)) is not None:
            held.append(line)
            if len(held) > MAX_RECORD_LINES:
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


def _read_header(path: Path, grid: Iterator[tuple[int, Cells]]) -> tuple[str, ...]:
    """The column names: the first row that is not blank, and is followed by another."""
    filled = ((number, cells) for number, cells in grid if cells is None or not _is_blank(cells))
    row, first = next(filled, (None, None))
    names = [to_text(cell).strip() for cell in first or ()]
    twice = [f"`{name}`" for name, times in Counter(names).items() if name and times > 1]
    if not names:
        raise RecordError(path, "the file has no header", HEADER_HINT)
    if _find_fault(names):
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


def _read_grid_rows(path: Path, layout: FileFormat) -> Iterator[Row]:
    """The rows below the header, numbered as a spreadsheet numbers them."""
    file, columns, width = str(path), layout.columns, len(layout.columns)
    grid = _read_grid(path, layout)
    next((cells for _, cells in grid if cells and not _is_blank(cells)), None)
    for number, cells in grid:
        if cells is not None and len(cells) == width:
            yield Row(file, number, dict(zip(columns, cells, strict=True)), _find_fault(cells))
        elif cells is None or len(cells) > 1 or not _is_blank(cells):
            yield Row(file, number, {}, _find_fault(cells or ()) or "broken_row")


def _detect_object_format(path: Path, layout: FileFormat) -> FileFormat:
    """The layout of txt and of JSON, which is one document or one object a line."""
    with open_text(path, layout.encoding) as lines:
        filled = (line for line in lines if line.strip())
        first, second = next(filled, ""), next(filled, "")
    if layout.kind == "json" and second and isinstance(_parse_line(first, "json"), dict):
        layout = replace(layout, kind="jsonl")
    rows = islice(_read_object_rows(path, layout), MAX_ROWS_FOR_COLUMNS)
    keys = dict.fromkeys(key for row in rows for key in row.values)
    columns = tuple(key for key in keys if _find_fault([key]) is None)
    if columns:
        return replace(layout, columns=columns)
    raise RecordError(
        path,
        "the file holds no JSON objects",
        "write a list of objects, each with its text and its label",
    )


def _read_object_rows(path: Path, layout: FileFormat) -> Iterator[Row]:
    """The records of a json, jsonl or txt file, numbered by place or line."""
    with open_text(path, layout.encoding) as lines:
        records: Iterable[object] = (_parse_line(line, layout.kind) for line in lines)
        if layout.kind == "json":
            records = _parse_document(path, lines.read())
        for number, record in enumerate(records, start=1):
            if not isinstance(record, dict) or _measure_depth(record) > MAX_RECORD_NESTING:
                yield Row(str(path), number, {}, "broken_row")
            elif record:
                yield Row(str(path), number, record, _find_fault((*record, *record.values())))


def _parse_document(path: Path, text: str) -> list[object]:
    """The records of a JSON document: a list, the one list in an object, or an object by id."""
    try:
        document = json.loads(text)
        if (
            text.count("[") + text.count("{") > MAX_JSON_NESTING
            and _measure_depth(document) > MAX_JSON_NESTING
        ):
            raise RecursionError
    except json.JSONDecodeError as error:
        message, hint = "this is not JSON: {reason} in column {column}", "correct this line"
        raise RecordError(
            path, message, hint, row=error.lineno, reason=error.msg, column=error.colno
        ) from error
    except ValueError as error:  # a number of thousands of digits
        message, hint = "this JSON cannot be read: {reason}", "write such numbers as text"
        raise RecordError(path, message, hint, reason=error) from error
    except RecursionError as error:
        message, hint = (
            "lists and objects are nested in more than {most} levels",
            "write records whose fields hold texts and numbers",
        )
        raise RecordError(path, message, hint, most=MAX_JSON_NESTING) from error
    if not isinstance(document, dict):
        return document if isinstance(document, list) else []
    lists = [value for value in document.values() if isinstance(value, list)]
    by_id = [{"id": k} | v if isinstance(v, dict) else v for k, v in document.items()]
    return lists[0] if len(lists) == 1 else by_id


def _parse_line(line: str, kind: str) -> object:
    """The record of a line: empty for a blank one, None where it is not JSON."""
    if not line.strip():
        return {}
    with contextlib.suppress(ValueError, RecursionError):
        return {"text": line.rstrip("\n")} if kind == "txt" else json.loads(line)
    return None


def _measure_depth(value: object) -> int:
    """How many levels of lists and objects a value has."""
    levels, inner = 0, [value]
    while inner := [one for one in inner if isinstance(one, (list, dict))]:
        levels += 1
        inner = [part for one in inner for part in (one.values() if isinstance(one, dict) else one)]
    return levels


def _is_blank(cells: Sequence[object]) -> bool:
    return not any(to_text(cell).strip() for cell in cells)


def _shorten_list(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list that may be long."""
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")


def _find_fault(cells: Iterable[object]) -> str | None:
    """Why a row cannot be used, from its cells."""
    joined = "".join(texts := [to_text(cell) for cell in cells])
    if len(joined) > MAX_CELL_CHARS and max(map(len, texts)) > MAX_CELL_CHARS:
        return "too_long"
    clean = "\0" not in joined and (joined.isascii() or not DAMAGED_PATTERN.search(joined))
    return None if clean else "bad_encoding"
