"""Rows of data files of any kind, in whatever encoding, with their numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .delimited import detect_delimiter, read_grid
from .file_access import (
    DATA_SUFFIXES,
    OLE2_SIGNATURE,
    RecordError,
    get_data_suffix,
    list_class_folders,
    list_phrase_files,
    list_readable_suffixes,
    open_regular_file,
    open_text,
    wrap_file_errors,
)
from .file_format import FileFormat, Remark, Row
from .foreign_files import SIGNATURE_BYTES, begins_as_markup, refuse_foreign_content
from .given_splits import SPLIT_FIELD, find_file_split, names_splits
from .header_row import Grid
from .json_rows import detect_object_format, read_object_rows
from .optional_readers import import_reader
from .plain_text import detect_plain_text, read_labelled_lines
from .splits import Split
from .table_rows import detect_columns, read_table_rows
from .text_encoding import detect_encoding, is_text

KINDS = {".ndjson": "jsonl", ".yml": "yaml"}  # of suffixes that are not the name of their kind
OBJECT_KINDS, TABLE_KINDS = ("json", "jsonl", "txt", "parquet", "yaml"), ("csv", "tsv")
ZIP_SIGNATURE, PARQUET_SIGNATURE = b"PK\x03\x04", b"PAR1"  # an xlsx workbook is a zip archive
PLAIN_KINDS = ("txt", *TABLE_KINDS)  # whose suffixes say little
BLANK_CHECK_BYTES = 1 << 20  # bytes that begin a file with something else than spaces
READ_AS_MESSAGE = "{file} was read as {encoding}"


def detect_format(path: Path, named: Collection[str] = ()) -> FileFormat:
    """How the file is written, from all of its bytes; a row with a `named` column is a header."""
    suffix = get_data_suffix(path)
    kind = KINDS.get(suffix, suffix.removeprefix("."))
    with wrap_file_errors(path):
        if path.is_dir() and (list_class_folders(path) or list_phrase_files(path)):
            folder: FileFormat = import_reader(path, "class_folders").detect_class_folder(path)
            return folder
        with open_regular_file(path) as file:
            blank = not file.read(BLANK_CHECK_BYTES).strip()
        if blank:
            raise RecordError(path, "the file is empty", "give a file with records")
        known = suffix in DATA_SUFFIXES
        layout = _detect_container(path, kind) if known else _detect_by_content(path, kind)
        if layout.kind in OBJECT_KINDS:
            return detect_object_format(path, layout)
        if layout.kind == "fasttext":
            return layout
        layout = detect_columns(path, layout, _read_grid(path, layout), named)
        columns = (SPLIT_FIELD,) if _list_sheet_splits(layout) else ()
        return replace(layout, columns=(*layout.columns, *columns))


def _detect_by_content(path: Path, kind: str) -> FileFormat:
    """The layout of a file whose suffix says nothing; plain lines in it may be anything."""
    if _detect_packed_kind(path, "txt") == "html":
        return _detect_container(path, "txt")
    if kind == "yaml":
        return FileFormat(kind, detect_encoding(path))
    layout = None
    with suppress(RecordError):  # of a file that is not text
        layout = _detect_container(path, "txt")
    if layout is None or (
        layout.kind == "txt" and detect_object_format(path, layout).kind == "txt"
    ):
        message, hint = "files of this kind are not read", "give one of: {kinds}"
        raise RecordError(path, message, hint, kinds=", ".join(list_readable_suffixes()))
    return layout


def _detect_container(path: Path, kind: str) -> FileFormat:
    """The sheet of a workbook; the encoding of a text, and the delimiter of a table."""
    kind = _detect_packed_kind(path, kind)
    if kind == "parquet":
        return FileFormat(kind)
    if kind == "xls":
        legacy: FileFormat = import_reader(path, "legacy_workbook").detect_legacy_sheet(path)
        return legacy
    if kind == "html":
        page: FileFormat = import_reader(path, "markup_table").detect_markup_table(path)
        return page
    if kind == "xlsx":
        layout: FileFormat = import_reader(path, "workbook").detect_sheet(path)
        return layout
    encoding = detect_encoding(path)
    values = {"file": path.name, "encoding": encoding}
    remark = Remark(READ_AS_MESSAGE, values, information=True)
    layout = FileFormat(kind, encoding, remarks=() if encoding.startswith("utf-8") else (remark,))
    if kind in PLAIN_KINDS:
        layout = detect_plain_text(path, layout)
    if layout.kind in TABLE_KINDS and not layout.delimiter:
        layout = _detect_table(path, layout)
    return layout


def _detect_packed_kind(path: Path, kind: str) -> str:
    """The kind of a file by its first bytes: programs export tables of text as `.xls` too."""
    with open_regular_file(path) as file:
        start = file.read(SIGNATURE_BYTES)
    if start.startswith(PARQUET_SIGNATURE):
        return "parquet"
    packed = start.startswith((ZIP_SIGNATURE, OLE2_SIGNATURE))
    if start.startswith(ZIP_SIGNATURE) or (kind == "xlsx" and (packed or not is_text(start))):
        return "xlsx"
    if packed:
        return "xls"
    if begins_as_markup(start):
        return "html"
    refuse_foreign_content(path, start)
    return "csv" if kind in ("xls", "xlsx") else kind


def _detect_table(path: Path, layout: FileFormat) -> FileFormat:
    """The delimiter of a table; or that it is JSON, whatever its suffix says."""
    with open_text(path, layout.encoding) as lines:
        start = lines.read(BLANK_CHECK_BYTES).lstrip()
    if start.startswith(("{", "[")):
        found = detect_object_format(path, replace(layout, kind="txt"))
        if found.kind != "txt":
            return replace(layout, kind=found.kind)
    return replace(layout, delimiter=detect_delimiter(path, layout))


def read_rows(path: Path, layout: FileFormat | None = None) -> Iterator[Row]:
    """Every row that is not blank, in constant memory unless the file is one JSON document."""
    with wrap_file_errors(path):
        layout = layout or detect_format(path)
        if layout.kind == "folder":
            yield from import_reader(path, "class_folders").read_class_rows(path)
        elif layout.kind in OBJECT_KINDS:
            yield from read_object_rows(path, layout)
        elif splits := _list_sheet_splits(layout):
            yield from _read_sheets_of_splits(path, layout, splits)
        else:
            yield from read_table_rows(path, layout, _read_grid(path, layout))


def _list_sheet_splits(layout: FileFormat) -> tuple[Split, ...]:
    """The splits that the sheets of a workbook are named after; none where they are not."""
    titles = [layout.sheet or "", *(title for title, _ in layout.more_sheets)]
    splits = [split for title in titles if (split := find_file_split(title))]
    named = len(splits) == len(titles) and names_splits(splits)
    return tuple(splits) if named and SPLIT_FIELD not in layout.places else ()


def _read_sheets_of_splits(
    path: Path, layout: FileFormat, splits: Sequence[Split]
) -> Iterator[Row]:
    """The rows of each sheet, with the split that it is named after."""
    sheets = ((layout.sheet, layout.header_row), *((t, (n,)) for t, n in layout.more_sheets))
    for (title, header), split in zip(sheets, splits, strict=True):
        part = replace(layout, sheet=title, header_row=header, more_sheets=())
        for row in read_table_rows(path, part, _read_grid(path, part)):
            yield replace(row, values={**row.values, SPLIT_FIELD: split}) if row.values else row


def _read_grid(path: Path, layout: FileFormat) -> Grid:
    """The number and the cells of each row of a table, those of its header too."""
    if layout.kind == "xlsx":
        grid: Grid = import_reader(path, "workbook").read_grid(path, layout)
        return grid
    if layout.kind == "xls":
        legacy: Grid = import_reader(path, "legacy_workbook").read_legacy_grid(path, layout)
        return legacy
    if layout.kind == "html":
        page: Grid = import_reader(path, "markup_table").read_markup_grid(path, layout)
        return page
    if layout.kind == "fasttext":
        return read_labelled_lines(path, layout)
    return read_grid(path, layout)
