"""What one cell of a data file holds: nothing, one text, several texts, or objects."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from .markup_text import is_markup, read_visible_text

MAX_SPELLED_CHARS = 4_000  # a longer text that looks like a list is prose, or a document of its own
READ_FIELDS = ("text", "label")  # that must be texts, in every task
# numpy prints a list without commas, which Python would read as one joined text
_NO_COMMA_PATTERN = re.compile(r"""(['"])\s+(?=['"])""")
_CLOSING = {"[": "]", "{": "}"}


class Cell(NamedTuple):
    """The texts of a cell; an object, and a list that holds objects or lists, has none."""

    texts: tuple[str, ...] = ()
    nested: bool = False


NESTED = Cell(nested=True)


def read_cell(value: object) -> Cell:
    """What a cell holds: a list of texts is its members, a text that spells a list likewise."""
    if isinstance(value, str):
        value = read_visible_text(value) if holds_markup(value) else value
        spelled = _read_spelled(value.strip()) if _may_spell_list(value) else None
        return spelled or (Cell((value,)) if value else Cell())
    if isinstance(value, dict):
        return NESTED if value else Cell()
    if not isinstance(value, (list, tuple)):
        return Cell((text,)) if (text := to_text(value)) else Cell()
    if any(isinstance(one, (list, tuple, dict)) for one in value):
        return NESTED
    texts = [read_text(one) if holds_markup(one) else to_text(one) for one in value]
    if any(_may_spell_list(text) and _read_spelled(text.strip()) for text in texts):
        return NESTED  # what a list holds is written as a list or an object itself
    return Cell(tuple(dict.fromkeys(text for text in texts if text.strip())))


def read_text(value: object) -> str:
    """The text of a cell, a line for each of several; an object has none."""
    if isinstance(value, str) and (
        value[:1].isalnum() or not (_may_spell_list(value) or holds_markup(value))
    ):
        return value
    return "\n".join(read_cell(value).texts)


def find_cell_fault(values: Mapping[str, object], *, several: bool) -> str:
    """Why the cells of a record cannot be used, by its fields; `several` labels may be allowed.

    All fields but the text hold one name of a list.
    """
    too_many = False
    for name, value in values.items():
        if value is None or (isinstance(value, str) and not _may_spell_list(value)):
            continue
        cell = read_cell(value)
        if cell.nested:
            return "nested_value"
        allowed = name == "text" or (several and name == "label")
        too_many = too_many or (len(cell.texts) > 1 and not allowed)
    return "several_labels" if too_many else ""


def to_text(value: object) -> str:
    """A value as it is written; nothing for an empty one, and `3` for the 3.0 of a spreadsheet."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')


def parse_literal(text: str) -> object:
    """The list or object that Python printed; None for any other text. Nothing is executed."""
    try:
        with warnings.catch_warnings():  # of escapes that Python does not know
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def holds_markup(value: object) -> bool:
    """Whether a cell is a text of HTML, of which the visible text is read."""
    return isinstance(value, str) and value.lstrip()[:1] == "<" and is_markup(value)


def _may_spell_list(text: str) -> bool:
    """Whether a text begins and ends as a list or an object, and is short."""
    if text[:1].isalnum():
        return False  # as nearly all cells
    start = text.lstrip()[:1]
    return (
        start in _CLOSING
        and len(text) <= MAX_SPELLED_CHARS
        and text.rstrip().endswith(_CLOSING[start])
    )


@lru_cache(maxsize=1_000)  # a file has few labels, and many rows of each
def _read_spelled(text: str) -> Cell | None:
    """The cell whose list or object a text spells, as JSON, Python or numpy writes it."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = parse_literal(_NO_COMMA_PATTERN.sub(r"\1, ", text))
    return read_cell(value) if isinstance(value, (list, dict)) else None
