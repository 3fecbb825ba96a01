"""Records of JSON documents, of JSON lines, and of plain lines."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .file_access import RecordError, open_text
from .file_format import FileFormat, Row, find_fault

MAX_ROWS_FOR_COLUMNS = 1_000
MAX_RECORD_NESTING = 100  # levels of lists and objects in a record
# levels of a whole document: Python's parser fails at about 1,000, less its callers
MAX_JSON_NESTING = 500


def detect_object_format(path: Path, layout: FileFormat) -> FileFormat:
    """The layout of txt and of JSON, which is one document or one object a line."""
    with open_text(path, layout.encoding) as lines:
        filled = (line for line in lines if line.strip())
        first, second = next(filled, ""), next(filled, "")
    if layout.kind == "json" and second and isinstance(_parse_line(first, "json"), dict):
        layout = replace(layout, kind="jsonl")
    rows = islice(read_object_rows(path, layout), MAX_ROWS_FOR_COLUMNS)
    keys = dict.fromkeys(key for row in rows for key in row.values)
    columns = tuple(key for key in keys if find_fault([key]) is None)
    if columns:
        return replace(layout, columns=columns)
    raise RecordError(
        path,
        "the file holds no JSON objects",
        "write a list of objects, each with its text and its label",
    )


def read_object_rows(path: Path, layout: FileFormat) -> Iterator[Row]:
    """The records of a json, jsonl or txt file, numbered by place or line."""
    with open_text(path, layout.encoding) as lines:
        records: Iterable[object] = (_parse_line(line, layout.kind) for line in lines)
        if layout.kind == "json":
            records = _parse_document(path, lines.read())
        for number, record in enumerate(records, start=1):
            if not isinstance(record, dict) or _measure_depth(record) > MAX_RECORD_NESTING:
                yield Row(str(path), number, {}, "broken_row")
            elif record:
                yield Row(str(path), number, record, find_fault((*record, *record.values())))


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
