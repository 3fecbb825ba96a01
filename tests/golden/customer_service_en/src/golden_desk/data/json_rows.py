"""Rows of JSON, whatever the suffix: of a document, of lines; and of plain lines of text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .cells import parse_literal
from .file_access import MAX_DOCUMENT_BYTES, RecordError, open_text
from .file_format import FileFormat, Remark, Row, describe_markup, find_fault
from .json_text import find_repeated_key, measure_depth, parse_document
from .optional_readers import import_reader

MAX_ROWS_FOR_COLUMNS = 1_000
MAX_COLUMNS = 1_000  # of a file: more are keys of an index, and each is looked at in every row
# where records have more keys than this, keys that few of them have are not columns
MANY_COLUMNS, MIN_COLUMN_SHARE = 200, 0.005
MAX_RECORD_NESTING = 100  # levels of lists and objects in a record
DOCUMENT_KINDS = ("json", "yaml")
INNER_TYPES = frozenset({dict, list})
MAX_PYTHON_CHARS = 100_000  # Python's parser takes much more memory than that of JSON
MIN_LIST_SHARE = 0.25  # of the records: a shorter list beside them holds fields, users or pages
LINES_INSPECTED = 50  # that say whether a file holds an object a line
SHOWN_CHARS = 60  # of a line that cannot be read
MAX_CHECKED_CHARS = 16 << 20  # of a document that is searched for keys that are given twice
KEYS_MESSAGE = "{file}: an object has the key `{key}` twice, of which the last value is read"
LEFT_OUT_MESSAGE = "{file}: the records are those of {path}; not read: {others}"
TURNS_MESSAGE = (
    "{file}: of each chat in {columns}, what the user and the assistant say is read; "
    "system turns are left out"
)
ROWS_MESSAGE = "{file}: a record holds several rows, which are read one by one"
QUESTIONS_MESSAGE = (
    "{file}: each question about a text is a row; where questions quote a type, each answer is "
    "one, and a type without an answer gives none"
)
CONTEXTS_MESSAGE = (
    "{file}: each question about a text is a row: yes where it has an answer, no where it has none"
)
DECISIONS_MESSAGE = "{file}: only labels that were accepted are read"
UNANNOTATED_MESSAGE = "no record is annotated: predictions of a model are not labels"
UNANNOTATED_HINT = "annotate and submit the records, and export them again"


def detect_object_format(path: Path, layout: FileFormat) -> FileFormat:
    """The layout of txt and of JSON, which is one document or one object a line."""
    layout = _detect_kind(path, layout)
    records, remarks = _read_records(path, layout)
    first = [*islice(records, MAX_ROWS_FOR_COLUMNS)]
    if layout.kind != "txt" and any(map(_may_have_shape, first)):
        if import_reader(path, "records").lacks_annotations(first):
            raise RecordError(path, UNANNOTATED_MESSAGE, UNANNOTATED_HINT)
        shape = import_reader(path, "records").find_expansion(first)
        if shape:
            layout = replace(layout, shape=shape)
            remarks = (*remarks, _describe_rows(path, shape))
        remarks = (*remarks, *_describe_turns(path, first))
    if layout.kind in ("json", "jsonl"):
        remarks = (*remarks, *_describe_repeated_keys(path, layout))
    layout = replace(layout, remarks=(*layout.remarks, *remarks))
    rows = [*islice(_convert_records(path, layout, iter(first)), MAX_ROWS_FOR_COLUMNS)]
    remarks = (*layout.remarks, *describe_markup(path.name, (row.values.items() for row in rows)))
    keys = Counter(key for row in rows for key in row.values)
    often = {key for key, _ in keys.most_common(MAX_COLUMNS)}
    if len(keys) > MANY_COLUMNS:
        often &= {key for key, rows in keys.items() if rows >= MIN_COLUMN_SHARE * len(first)}
    columns = tuple(key for key in keys if key in often and find_fault([key]) is None)
    if columns:
        return replace(layout, columns=columns, remarks=remarks)
    raise RecordError(
        path,
        "the file holds no JSON objects",
        "write a list of objects, each with its text and its label",
    )


def read_object_rows(path: Path, layout: FileFormat) -> Iterator[Row]:
    """The records of a json, jsonl or txt file, numbered by place or line."""
    records, _ = _read_records(path, layout)
    yield from _convert_records(path, layout, records)


def _read_records(path: Path, layout: FileFormat) -> tuple[Iterator[object], tuple[Remark, ...]]:
    """The records of a file as they stand there, and what is not read of a document."""
    if layout.kind == "parquet":
        return import_reader(path, "parquet_rows").read_parquet_records(path), ()
    if layout.kind not in DOCUMENT_KINDS:
        return _read_lines(path, layout), ()
    with open_text(path, layout.encoding) as lines:
        text = lines.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        message = "the JSON document is larger than {most} MB"
        hint = "write an object on each line instead, as JSON lines"
        raise RecordError(path, message, hint, most=MAX_DOCUMENT_BYTES >> 20)
    document, unread = _parse_document(path, layout, text)
    found, others = import_reader(path, "records").find_records(document)
    left_out = [*unread, *(one.path for one in others)]
    values = {"file": path.name, "path": found.path or "-", "others": ", ".join(left_out)}
    short = all(len(one.records) < MIN_LIST_SHARE * len(found.records) for one in others)
    remark = Remark(LEFT_OUT_MESSAGE, values, information=short)
    return iter(found.records), (remark,) if left_out else ()


def _parse_document(path: Path, layout: FileFormat, text: str) -> tuple[object, Sequence[str]]:
    """The value of a document, and the names of what is not read of it."""
    if layout.kind == "yaml":
        value, unread = import_reader(path, "yaml_records").parse_yaml(path, text)
        return value, unread
    return parse_document(path, text), ()


def _read_lines(path: Path, layout: FileFormat) -> Iterator[object]:
    with open_text(path, layout.encoding) as lines:
        for line in lines:
            yield _parse_line(line, layout.kind)


def _convert_records(path: Path, layout: FileFormat, records: Iterable[object]) -> Iterator[Row]:
    """Records as rows, whose objects are dotted columns."""
    module = None
    if layout.shape:
        records = import_reader(path, "records").expand_records(records, layout.shape)
    for number, record in enumerate(records, start=1):
        if isinstance(record, dict) and not INNER_TYPES.isdisjoint(map(type, record.values())):
            module = module or import_reader(path, "records")
            deep = measure_depth(record) > MAX_RECORD_NESTING
            record = None if deep else module.flatten(record)
        if not isinstance(record, dict):
            yield Row(str(path), number, {}, "broken_row")
        elif record:
            yield Row(str(path), number, record, find_fault((*record, *record.values())))


def _detect_kind(path: Path, layout: FileFormat) -> FileFormat:
    """Whether a file is one JSON document, an object a line, or lines of text."""
    if layout.kind in ("parquet", "yaml"):
        return layout
    with open_text(path, layout.encoding) as text:
        lines = [*islice((line for line in text if line.strip()), LINES_INSPECTED)]
    objects = [len(lines) > 1 and _is_object(line) for line in lines]
    one_a_line = sum(objects) * 2 > len(lines) or (layout.kind == "json" and objects[0])
    if one_a_line and len(lines) > 1:
        return replace(layout, kind="jsonl")
    if not lines[0].lstrip().startswith(("[", "{")):
        return layout
    document = replace(layout, kind="json")
    if layout.kind == "json":
        return document
    try:  # the suffix says otherwise: only what can be read as a document is one
        records, _ = _read_records(path, document)
    except RecordError:
        if layout.kind == "txt" or any(objects):
            return layout
        if len(lines) > 1 and sum(map(_is_meant_as_object, lines)) * 2 > len(lines):
            message = "no line is a JSON object, such as this one: {shown}"
            hint = "export the file again, with a whole object on each line"
            raise RecordError(
                path, message, hint, row=1, shown=lines[0].strip()[:SHOWN_CHARS]
            ) from None
        raise
    return document if any(isinstance(one, dict) for one in records) else layout


def _is_meant_as_object(line: str) -> bool:
    """Whether a line begins an object with a key, as that of an indented document does not."""
    return line.lstrip().startswith(("{", "[{")) and ":" in line


def _is_object(line: str) -> bool:
    return line.lstrip().startswith("{") and isinstance(_parse_line(line, "jsonl"), dict)


def _describe_repeated_keys(path: Path, layout: FileFormat) -> tuple[Remark, ...]:
    """Which key an object has twice, as far as the beginning of a file, or a short one, says."""
    with open_text(path, layout.encoding) as lines:
        if layout.kind == "json":  # a longer document was written by a program
            text = lines.read(MAX_CHECKED_CHARS + 1)
            texts = [text] if len(text) <= MAX_CHECKED_CHARS else []
        else:
            texts = [*islice(lines, LINES_INSPECTED)]
    keys = filter(None, map(find_repeated_key, texts))
    remarks = (Remark(KEYS_MESSAGE, {"file": path.name, "key": key}) for key in keys)
    return tuple(islice(remarks, 1))


def _describe_rows(path: Path, shape: str) -> Remark:
    values = {"file": path.name}
    if shape == "questions":
        return Remark(QUESTIONS_MESSAGE, values, information=True)
    if shape == "contexts":
        return Remark(CONTEXTS_MESSAGE, values, information=True)
    if shape == "decisions":
        return Remark(DECISIONS_MESSAGE, values, information=True)
    return Remark(ROWS_MESSAGE, values, information=True)


def _describe_turns(path: Path, records: Iterable[object]) -> tuple[Remark, ...]:
    """What is read of the fields that hold the turns of a chat."""
    inner = ((k, v) for one in records if isinstance(one, dict) for k, v in one.items())
    is_chat = import_reader(path, "records").is_chat
    names = dict.fromkeys(name for name, value in inner if is_chat(value))
    values = {"file": path.name, "columns": ", ".join(f"`{name}`" for name in names)}
    return (Remark(TURNS_MESSAGE, values, information=True),) if names else ()


def _may_have_shape(record: object) -> bool:
    """Whether a record holds lists or objects, or says if its label was accepted."""
    if not isinstance(record, dict):
        return False
    return "answer" in record or not INNER_TYPES.isdisjoint(map(type, record.values()))


def _parse_line(line: str, kind: str) -> object:
    """The record of a line: empty for a blank one, None where it is not JSON."""
    if not line.strip():
        return {}
    if kind == "txt":
        return {"text": line.rstrip("\n")}
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return _parse_python(line)


def _parse_python(line: str) -> object:
    """The record of a line that Python printed, with single quotes, None and True."""
    printed = line.lstrip().startswith("{'") and len(line) <= MAX_PYTHON_CHARS
    return parse_literal(line.strip()) if printed else None
