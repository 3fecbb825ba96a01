"""What the records of a file can be, decided by what its columns hold and never by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from newft.dataset.column_match import Column, is_id_column, is_text_column
from newft.dataset.label_kind import find_label_kind
from newft.schema.record_shape import Shape

MIN_MEASURED_COLUMNS = 3  # of a table: a text may have a rating or two beside it
MIN_MEASURED_SHARE = 0.5  # of the columns that hold anything
MIN_ROWS_PER_LABEL = 2  # on average: what hardly repeats is no list
MAX_TURN_CHARS = 2_000  # of a text: a dialogue begins with one
MIN_TURNS = 2  # lines that begin with who speaks
MOST_VALUES = 0.5  # of a column
ANSWER_SHARE = 0.1  # of the longest text: an answer is a text too, a title or a name is not

_ARTICLE_PATTERN = re.compile(
    r"\s*(?:第[零〇一二三四五六七八九十百千\d]+[条章节](?:之[一二三四五六七八九十])?|§+\s*\d"
    r"|(?:art(?:icle|\.)|sec(?:tion|\.))\s*\d)",
    re.IGNORECASE,
)
_TURN_PATTERN = re.compile(r"^[ \t]{0,8}\w[\w ]{0,19}[:：]", re.MULTILINE)
_MEASURE_PATTERN = re.compile(r"[$€£¥]?\s*[+-]?\d[\d,]*(?:\.\d+)?\s*(?:%|万|元)?")


class Traits(NamedTuple):
    """What the columns of a file hold; a column has at most one of the first four."""

    texts: list[Column]  # the longest first
    closed: list[Column]  # labels of a closed list
    measured: list[Column]  # numbers that measure something
    listed: list[Column]  # several texts in a cell
    yes_no: list[Column]  # among the closed ones
    articles: bool  # a column numbers the articles of a law
    turns: bool  # a text or a list tells who speaks
    table: bool  # most columns measure something


def survey_traits(columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> Traits:
    """Sort the columns by what they hold."""
    filled = [column for column in columns if column.filled and not column.nested]
    listed = [column for column in filled if column.listed]
    plain = [column for column in filled if not column.listed]
    values = {column.name: [row.get(column.name, "") for row in rows] for column in filled}
    kinds = {one.name: find_label_kind(values[one.name]) for one in plain if _repeats(one)}
    lists = [one for one in plain if kinds.get(one.name) in ("closed", "yes_no")]
    texts = [one for one in plain if is_text_column(one) and one not in lists]
    texts.sort(key=lambda column: -column.length)
    others = [column for column in plain if column not in texts]
    measured = [one for one in others if not is_id_column(one) and _measures(values[one.name])]
    closed = [one for one in others if one in lists]
    yes_no = [one for one in closed if kinds[one.name] == "yes_no"]
    numbers = [one for one in measured if one not in closed]
    enough = len(measured) >= max(MIN_MEASURED_COLUMNS, MIN_MEASURED_SHARE * len(filled))
    return Traits(
        texts=texts,
        closed=closed,
        measured=numbers,
        listed=listed,
        yes_no=yes_no,
        articles=any(_holds(_ARTICLE_PATTERN.match, values[one.name]) for one in plain),
        turns=any(_holds(_tells_speakers, values[column.name]) for column in [*texts, *listed]),
        table=enough,
    )


def list_shapes(traits: Traits) -> tuple[Shape, ...]:
    """Return the shapes that columns allow, the likeliest first."""
    possible: dict[Shape, bool] = {
        "dialogue": traits.turns,
        "document": bool(traits.texts) and (traits.articles or not _has_answers(traits)),
        "table_label": not _is_prose(traits) and bool(traits.closed),
        "text_type_yes_no": bool(traits.texts and traits.yes_no and len(traits.closed) > 1),
        "text_label": bool(traits.texts and traits.closed),
        "text_labels": bool(traits.texts and traits.listed),
        "question_answer": len(traits.texts) > 1
        and traits.texts[1].length >= ANSWER_SHARE * traits.texts[0].length,
    }
    return tuple(shape for shape, holds in possible.items() if holds)


def _has_answers(traits: Traits) -> bool:
    """Whether anything beside the longest text could be what is asked for."""
    return bool(traits.closed or traits.listed or len(traits.texts) > 1)


def _is_prose(traits: Traits) -> bool:
    """Whether a text is longer than all else together."""
    others = [*traits.texts[1:], *traits.closed, *traits.measured]
    longest = traits.texts[0].length if traits.texts else 0.0
    return bool(traits.texts) and not traits.table and longest > sum(one.length for one in others)


def _repeats(column: Column) -> bool:
    return 2 <= column.distinct <= column.filled / MIN_ROWS_PER_LABEL


def _measures(values: Sequence[str]) -> bool:
    return _holds(_MEASURE_PATTERN.fullmatch, values)


def _holds(test: Callable[[str], object], values: Sequence[str]) -> bool:
    """Whether most of the values that are not empty pass a test."""
    filled = [value.strip() for value in values if value.strip()]
    return sum(bool(test(value)) for value in filled) > MOST_VALUES * max(1, len(filled))


def _tells_speakers(text: str) -> bool:
    """Whether lines of a text begin with at least two speakers, each several times or in turn."""
    found = [mark.strip().casefold() for mark in _TURN_PATTERN.findall(text[:MAX_TURN_CHARS])]
    return len(found) > MIN_TURNS and 1 < len({*found}) < len(found)
