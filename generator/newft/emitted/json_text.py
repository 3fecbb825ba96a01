"""JSON text as programs and people write it: trailing commas, objects one after another."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .file_access import RecordError

# levels of a whole document: Python's parser fails at about 1,000, less its callers
MAX_JSON_NESTING = 500
_GAP_PATTERN = re.compile("[\\s,\x1e]*")  # between two values; U+001E begins those of a sequence
_TEXT_OR_COMMA_PATTERN = re.compile(r'("(?:[^"\\]|\\.)*+")|,(?=\s*[\]}])', re.DOTALL)


def parse_document(path: Path, text: str) -> object:
    """The value of a JSON document; those of several documents, one after another, as a list."""
    try:
        document = _parse_leniently(text)
        if (
            text.count("[") + text.count("{") > MAX_JSON_NESTING
            and measure_depth(document) > MAX_JSON_NESTING
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
    return document


def measure_depth(value: object) -> int:
    """How many levels of lists and objects a value has."""
    levels, inner = 0, [value]
    while inner := [one for one in inner if isinstance(one, (list, dict))]:
        levels += 1
        inner = [part for one in inner for part in (one.values() if isinstance(one, dict) else one)]
    return levels


def _parse_leniently(text: str) -> object:
    """Parse JSON, else JSON with what is tolerated; the error that stands last is raised."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        first = error
    try:
        return _parse_sequence(_TEXT_OR_COMMA_PATTERN.sub(lambda met: met[1] or "", text))
    except json.JSONDecodeError as error:
        raise max(first, error, key=lambda one: one.lineno) from None


def _parse_sequence(text: str) -> object:
    """The value of a text, or the list of its values where several stand one after another."""
    values: list[object] = []
    decode, place = json.JSONDecoder().raw_decode, 0
    while (place := _skip_gap(text, place)) < len(text):
        value, place = decode(text, place)
        values.append(value)
    return values[0] if len(values) == 1 else values


def _skip_gap(text: str, place: int) -> int:
    gap = _GAP_PATTERN.match(text, place)
    return gap.end() if gap else place
