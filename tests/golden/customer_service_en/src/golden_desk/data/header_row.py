"""Find the header of a table: below title rows, in one row or two, or missing.

Structure decides: which places the rows below fill, which cells are texts or numbers, and which
values come back. Where nothing else is certain, the first row is the header.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import islice
from statistics import median

from .cells import to_text
from .file_format import Cells, is_blank
from .normalize import MISSING_GROUP_PATTERN, is_missing

MAX_HEADER_ROWS = 30  # rows that are not blank, above the records: covers and notes have fewer
MAX_BODY_ROWS = 40  # looked at below them
MIN_COVERAGE = 0.6  # of the places that records fill: a header may leave an index unnamed
MIN_ALIKE_SHARE = 0.8  # of the rows below title rows: as wide as the header, or it is none
MIN_NUMBER_SHARE = 0.8  # of the cells of a column of numbers, as some of them may be missing
MIN_CONTRAST_ROWS = 5  # records below, without which numbers under a text are chance
MIN_NUMBER_COLUMNS = 2  # under the cells of a second header row
MIN_VALUE_COLUMNS = 3  # whose first cells come back below them, as those of records do
MAX_NAME_CHARS = 200  # longer cells are sentences, not names
MIN_RECORD_LENGTH = 0.6  # of the median of the texts below: a longer first cell is a text too
MAX_COUNT_DIGITS = 5  # of a name that is the place of its column, or a year
MIN_PROSE_WORDS, MIN_PROSE_CHARS = 3, 6  # of a text; Chinese has no spaces between words

TEXT_COLUMN, LABEL_COLUMN = "text", "label"  # the names of two columns that have none

_NUMBER_PATTERN = re.compile(r"[^\w\n]*\d[\d\s.,:/'%‰-]*[^\w\n]*|\d{4}年\d{1,2}月(?:\d{1,2}日)?")
_CODE_NAME_PATTERN = re.compile(
    r"[A-Za-z]{1,3}_?\d+|[A-Z]{1,2}|(?:col|column|field|var|列)_?\d*", re.I
)
_CJK_PATTERN = re.compile(r"[\u3400-\u9fff]")
_UNIT_PATTERN = re.compile(
    r"[%‰$€£¥]|[(（\[]?(?:eur|usd|gbp|cny|rmb|jpy|chf|dm|pct|percent|bp|days?|months?|years?|yrs?"
    r"|tage?|monate?|jahre?|stück|anzahl|jours?|mois|ans?|années?|nombre|d[ií]as?|mes(?:es)?|años?"
    r"|yes/no|y/n|0/1|count|number|text|date|k|m|元|万元|千元|亿元|人民币|美元|天|日|月|个月|年|岁"
    r"|次|个|笔|人|户|文本|日期|数值|是/否)(?:/\w+)?[)）\]]?",
    re.IGNORECASE,
)

Grid = Iterable[tuple[int, Cells]]  # the number and the cells of each row
Line = tuple[int, Sequence[object]]  # the number and the cells of a row that is not blank


@dataclass(frozen=True)
class Header:
    """The rows that name the columns, and the name of each place."""

    rows: tuple[int, ...]  # none where the first row is a record
    names: tuple[str, ...]  # as they stand, some empty or doubled
    units: int | None = None  # the row below with units, or with descriptions of the columns


def look_ahead(grid: Grid) -> list[Line]:
    """The first rows of a table that are not blank and not broken."""
    filled = ((number, cells) for number, cells in grid if cells and not is_blank(cells))
    return list(islice(filled, MAX_HEADER_ROWS + MAX_BODY_ROWS))


def find_header(
    lines: Sequence[Line], named: Collection[str] = (), *, trimmed: bool = False
) -> Header | None:
    """The header of a table, from its first rows; None where there are no rows.

    The first row is not a record where it holds a column that the user `named`. The rows of a
    workbook are `trimmed`: each ends with its last filled cell.
    """
    if not lines:
        return None
    if (names := _name_two_columns(lines)) and not _holds_named(lines[0], named):
        return Header((), names)
    at = _find_first_row(lines, trimmed=trimmed)
    if at + 1 < len(lines) and _is_second_header(lines, at):
        at += 1
    number, cells = lines[at]
    names, upper = _read_names(cells), tuple[int, ...]()
    if at and lines[at - 1][0] == number - 1 and len(_find_filled(lines[at - 1][1])) > 1:
        joined = _join_names(_read_names(lines[at - 1][1]), names, _find_places(lines[at:]))
        names, upper = (joined, (number - 1,)) if joined != names else (names, ())
    below = lines[at + 1 : at + 2]
    units = next(
        (n for n, _ in below if _is_units_row(lines, at + 1) or _is_description(lines, at)), None
    )
    return Header((*upper, number), _name_index(names, lines[at + 1 :]), units)


def _name_index(names: tuple[str, ...], body: Sequence[Line]) -> tuple[str, ...]:
    """The names, with a nameless first one where each row begins with a number or name of its own.

    R writes tables so: the header has a cell less than each row.
    """
    if len(body) < MIN_CONTRAST_ROWS or any(len(row) != len(names) + 1 for _, row in body):
        return names
    first = {to_text(row[0]).strip() for _, row in body}
    last = any(to_text(row[-1]).strip() for _, row in body)
    return ("", *names) if len(first) == len(body) and last and all(names) else names


def _is_description(lines: Sequence[Line], at: int) -> bool:
    """Whether the row below a header describes the columns that the header names."""
    if at + 1 >= len(lines) or not _are_headers(lines, at):
        return False
    places = _find_places(lines[at + 2 :])
    names = [name for name in _read_names(lines[at][1]) if name]
    codes = sum(bool(_CODE_NAME_PATTERN.fullmatch(name)) for name in names)
    named, described = ({*_find_filled(cells)} for _, cells in lines[at : at + 2])
    whole = {*places} | described <= named and len({*names}) == len(names)
    return whole and codes * 2 < len(names)


def _find_first_row(lines: Sequence[Line], *, trimmed: bool) -> int:
    """The place of the first row that may be a header: not a title, and as wide as the records."""
    places = _find_places(lines)
    for at, (number, cells) in enumerate(lines[:MAX_HEADER_ROWS]):
        filled = _find_filled(cells)
        follows = lines[at + 1][0] == number + 1 if at + 1 < len(lines) else True
        if len(places) > 1 and _is_title(cells, filled, places, follows=follows):
            continue
        if not at or _fits_below(lines, at, trimmed=trimmed):
            return at
        if len(filled) == len(places) or not _names_numbers(lines, at + 1, places):
            return 0
    return 0


def _names_numbers(lines: Sequence[Line], at: int, places: Sequence[int]) -> bool:
    """Whether a row names all columns, of which several hold numbers: it can only be a header."""
    cells = lines[at][1] if at < len(lines) else ()
    if {*places} - {*_find_filled(cells)} or any(map(_is_number, cells)):
        return False
    body = [other for _, other in lines[at + 1 :]]
    return sum(_holds_numbers(body, place) for place in places) >= MIN_NUMBER_COLUMNS


def _is_title(
    cells: Sequence[object], filled: Sequence[int], places: Sequence[int], *, follows: bool
) -> bool:
    """Whether a row stands above the header: it names few places, as a title or a note does."""
    texts = [to_text(cells[place]).strip() for place in filled]
    named = len({*places}.intersection(filled))
    if len(texts) == 1 or (len({*texts}) == 1 and len(places) > 1):
        return True
    if max(map(len, texts)) > MAX_NAME_CHARS:
        return False
    told = any(
        _is_number(cells[place]) or text.endswith((":", "："))
        for place, text in zip(filled, texts, strict=True)
    )
    if told and (named < len(places) or texts[0].endswith((":", "："))):
        return True
    gaps = filled[-1] - filled[0] + 1 > len(filled)
    return named < MIN_COVERAGE * len(places) and (gaps or not follows)


def _fits_below(lines: Sequence[Line], at: int, *, trimmed: bool) -> bool:
    """Whether the rows below are as wide as a row, and its cells may be names."""
    cells = lines[at][1]
    filled = _find_filled(cells)
    if any(_is_number(cells[place]) for place in filled):
        return False
    below = [other for _, other in lines[at + 1 :]]
    alike = sum(
        len(other) == len(cells)
        or _find_filled(other)[-1] == filled[-1]
        or (trimmed and len(other) < len(cells))
        for other in below
    )
    return bool(below) and alike >= MIN_ALIKE_SHARE * len(below)


def _is_second_header(lines: Sequence[Line], at: int) -> bool:
    """Whether the row below is the header rather: names below codes, or below groups."""
    return _are_headers(lines, at) and not _is_description(lines, at)


def _are_headers(lines: Sequence[Line], at: int) -> bool:
    """Whether a row and the one below it both stand above the records."""
    (number, first), (next_number, second) = lines[at], lines[at + 1]
    body = [cells for _, cells in lines[at + 2 :]]
    names, upper = _read_names(second), _read_names(first)
    filled, places = {*_find_filled(second)}, {*_find_places(lines[at + 2 :])}
    if next_number != number + 1 or len(body) < MIN_CONTRAST_ROWS or _is_units_row(lines, at + 1):
        return False
    if any(_is_no_name(second[place]) for place in filled):
        return False
    others = [cells for cells in body if list(cells) not in (list(first), list(second))]
    if any(_comes_again(second, others, place) for place in filled):
        return False  # a value of a record, such as its label
    joined = [name for name in _join_names(upper, names, [*places]) if name]
    if len({*joined}) < len(joined):
        return False
    covered = sum(place in filled or bool(_get(upper, place)) for place in places)
    numbers = sum(place in filled and _holds_numbers(body, place) for place in places)
    new = any(not _get(upper, place) for place in filled)
    same = any(name and name == _get(upper, place) for place, name in enumerate(names))
    contrast = numbers >= MIN_NUMBER_COLUMNS and covered == len(places)
    return contrast or (new and same and covered == len(places))


def _is_units_row(lines: Sequence[Line], at: int) -> bool:
    """Whether a row below the header says units: every cell of it is one."""
    cells = lines[at][1]
    texts = [to_text(cell).strip() for cell in cells]
    given = [text for text in texts if text and not is_missing(text, MISSING_GROUP_PATTERN)]
    body = [other for _, other in lines[at + 1 :]]
    if len(body) < MIN_CONTRAST_ROWS or not given:
        return False
    numbers = sum(bool(text) and _holds_numbers(body, place) for place, text in enumerate(texts))
    return numbers > 0 and all(_UNIT_PATTERN.fullmatch(text) for text in given)


def _join_names(
    upper: Sequence[str], names: Sequence[str], places: Sequence[int]
) -> tuple[str, ...]:
    """The names of two header rows: those of the lower one, told apart by the groups above."""
    width = max(len(upper), len(names))
    lower = [_get(names, place) for place in range(width)]
    groups, last = [], ""
    for place in range(width):
        last = _get(upper, place) or (last if lower[place] else "")
        groups.append(last)
    known = {*places}
    twice = {name for name, times in Counter(lower).items() if name and times > 1}
    return tuple(
        _join_name(group, name, twice) or (_read_upper(upper, place) if place in known else "")
        for place, (group, name) in enumerate(zip(groups, lower, strict=True))
    )


def _join_name(group: str, name: str, twice: Container[str]) -> str:
    """A name that several columns have, with that of its group."""
    return f"{group} {name}" if name in twice and group and group != name else name


def _read_upper(upper: Sequence[str], place: int) -> str:
    """The name of a column that stands in the upper row alone, as a merged cell has it."""
    name = _get(upper, place)
    return "" if _is_number(name) else name


def _name_two_columns(lines: Sequence[Line]) -> tuple[str, ...]:
    """The names of a text and its label, where the first row is certainly a record of the two."""
    if any(len(cells) != 2 for _, cells in lines):
        return ()
    rows = [[to_text(cell).strip() for cell in cells] for _, cells in lines]
    first, body = rows[0], rows[1:]
    if first in body:  # a header that stands there again, as where two files were joined
        return ()
    for text, label in ((0, 1), (1, 0)):
        distinct = {row[text] for row in rows}
        labels = {row[label] for row in rows}
        if (
            first[label]
            and any(row[label] == first[label] for row in body)
            and len(labels) * 2 <= len(distinct)
            and _is_prose(first[text])
            and first[text] not in (row[text] for row in body)
        ):
            return (TEXT_COLUMN, LABEL_COLUMN) if text == 0 else (LABEL_COLUMN, TEXT_COLUMN)
    return ()


def _holds_named(line: Line, named: Collection[str]) -> bool:
    """Whether a row holds a column that the user named, which proves that it is a header.

    The names that columns without any are given prove nothing.
    """
    known = {*_read_names([*named])} - {TEXT_COLUMN, LABEL_COLUMN}
    return bool(known) and not known.isdisjoint(_read_names(line[1]))


def is_record(lines: Sequence[Line], header: Header, named: Collection[str] = ()) -> bool:
    """Whether the first row is probably a record, so that it must not be taken for a header."""
    if header.rows[:1] != (lines[0][0],) or _holds_named(lines[0], named):
        return False
    first, body = lines[0][1], [cells for _, cells in lines[1:]]
    filled = _find_filled(first)
    numbers = [place for place in filled if _is_number(first[place])]
    values = sum(_holds_numbers(body, place) for place in numbers)
    if values >= MIN_NUMBER_COLUMNS and values * 2 >= len(filled):
        return not _is_counted([to_text(first[place]).strip() for place in numbers])
    again = [place for place in filled if _comes_again(first, body, place)]
    if len(again) >= MIN_VALUE_COLUMNS and len(again) * 2 >= len(filled):
        return _read_names(first) not in map(_read_names, body)  # a header may stand there again
    texts = [place for place in filled if _is_prose(to_text(first[place]))]
    codes = [place for place in numbers if _comes_again(first, body, place)]
    return (
        (len(filled) == 2 or bool(codes))
        and any(_is_as_long(first, body, place) for place in texts)
        and not any(_is_longer(first, body, place) for place in filled)
    )


def _is_counted(names: Sequence[str]) -> bool:
    """Whether names are one number after the other, such as places or years."""
    if not all(name.isdecimal() and len(name) <= MAX_COUNT_DIGITS for name in names):
        return False
    counts = [int(name) for name in names]
    return counts == [*range(counts[0], counts[0] + len(counts))]


def _is_as_long(first: Sequence[object], body: Sequence[Sequence[object]], place: int) -> bool:
    """Whether the first cell of a column is about as long as those below."""
    lengths = [len(to_text(cells[place])) for cells in body if place < len(cells)]
    enough = len(lengths) >= MIN_CONTRAST_ROWS
    return enough and len(to_text(first[place])) >= MIN_RECORD_LENGTH * median(lengths)


def _comes_again(first: Sequence[object], body: Sequence[Sequence[object]], place: int) -> bool:
    """Whether the first cell of a column is a value of it, such as the code of a label."""
    below = (to_text(cells[place]).strip() for cells in body if place < len(cells))
    return to_text(first[place]).strip() in below


def _is_longer(first: Sequence[object], body: Sequence[Sequence[object]], place: int) -> bool:
    """Whether the first cell of a column is longer than all below, as a name is above labels."""
    lengths = (len(to_text(cells[place])) for cells in body if place < len(cells))
    return len(to_text(first[place])) > max(lengths, default=0)


def _find_places(lines: Sequence[Line]) -> list[int]:
    """The places that at least half of the later rows fill."""
    later = [cells for _, cells in lines[len(lines) // 2 :]]
    times: Counter[int] = Counter(place for cells in later for place in _find_filled(cells))
    return sorted(place for place, count in times.items() if count * 2 >= len(later))


def _find_filled(cells: Sequence[object]) -> list[int]:
    return [place for place, cell in enumerate(cells) if to_text(cell).strip()]


def _read_names(cells: Sequence[object]) -> tuple[str, ...]:
    return tuple(" ".join(to_text(cell).split()) for cell in cells)


def _holds_numbers(body: Sequence[Sequence[object]], place: int) -> bool:
    """Whether nearly all filled cells of a column are numbers or dates."""
    cells = [cells[place] for cells in body if place < len(cells)]
    filled = [cell for cell in cells if to_text(cell).strip()]
    numbers = sum(_is_number(cell) for cell in filled)
    return len(filled) >= MIN_CONTRAST_ROWS and numbers >= MIN_NUMBER_SHARE * len(filled)


def _is_number(cell: object) -> bool:
    """Whether a cell holds a number, an amount, a share, a date or a time."""
    if isinstance(cell, str):
        return len(cell) <= MAX_NAME_CHARS and bool(_NUMBER_PATTERN.fullmatch(cell.strip()))
    return isinstance(cell, (int, float, date, time)) and cell == cell


def _is_no_name(cell: object) -> bool:
    """Whether a cell is a number, a mark of nothing, or too long for the name of a column."""
    text = to_text(cell)
    too_long = len(text) > MAX_NAME_CHARS
    return too_long or _is_number(cell) or is_missing(text, MISSING_GROUP_PATTERN)


def _is_prose(text: str) -> bool:
    """Whether a text has several words, as a message has and a name seldom."""
    return (
        len(text.split()) >= MIN_PROSE_WORDS or len(_CJK_PATTERN.findall(text)) >= MIN_PROSE_CHARS
    )


def _get(names: Sequence[str], place: int) -> str:
    return names[place] if place < len(names) else ""
