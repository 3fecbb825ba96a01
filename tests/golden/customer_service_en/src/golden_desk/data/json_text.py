"""JSON text as programs and people write it: trailing commas, objects one after another."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from .file_access import RecordError

# levels of a whole document: Python's parser fails at about 1,000, less its callers
MAX_JSON_NESTING = 500
UNENDED_TEXT = "Unterminated string"  # a line break within a text is another error
_GAP_PATTERN = re.compile("[\\s,\x1e]*")  # between two values; U+001E begins those of a sequence
# a text without an end goes to that of the file, so that none is searched again
_TEXT_OR_COMMA_PATTERN = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s*+[\]}])', re.DOTALL)


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
        raise _explain_decode_error(path, error) from error
    except ValueError as error:  # Python converts no longer numbers
        message, hint = "a number has more than {most:,} digits", "write such numbers as text"
        raise RecordError(path, message, hint, most=sys.get_int_max_str_digits()) from error
    except RecursionError as error:
        message, hint = (
            "lists and objects are nested in more than {most} levels",
            "write records whose fields hold texts and numbers",
        )
        raise RecordError(path, message, hint, most=MAX_JSON_NESTING) from error
    return document


def _explain_decode_error(path: Path, error: json.JSONDecodeError) -> RecordError:
    """What is wrong with a text that is not JSON; a text that ends too early was cut off."""
    if error.msg.startswith(UNENDED_TEXT) or error.pos >= len(error.doc.rstrip()):
        message = "the JSON ends in the middle of a record: the file was cut off"
        hint = "copy or export the file again, to its end"
        return RecordError(path, message, hint, row=error.doc.rstrip().count("\n") + 1)
    message, hint = "this is not JSON: {reason} in column {column}", "correct this line"
    reason = error.msg.removesuffix(" at")
    return RecordError(path, message, hint, row=error.lineno, reason=reason, column=error.colno)


def find_repeated_key(text: str) -> str:
    """The first key that an object of a JSON text has twice, of which the last value is read."""
    found: list[str] = []

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        built = dict(pairs)
        if len(built) < len(pairs) and not found:
            found.append(next(key for key, n in Counter(k for k, _ in pairs).items() if n > 1))
        return built

    with suppress(ValueError, RecursionError):
        json.loads(text, object_pairs_hook=build)
    return found[0] if found else ""


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
