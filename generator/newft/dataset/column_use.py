"""Decide what one column of a table is for, by its name and its values, and say why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from newft.dataset.column_match import Column, is_id_column, tells_outcome
from newft.dataset.identifier_values import (
    PERSONAL_KINDS,
    are_round,
    find_contact_words,
    find_identifier_kind,
    has_one_width,
    is_free_text,
    is_measure,
    is_near_unique,
    is_short_text,
)
from newft.dataset.name_words import to_snake_case
from newft.dataset.protected_terms import ends_with_stem, has_stem, is_barred_name
from newft.emitted.normalize import MISSING_VALUE_PATTERN, is_missing, normalize_label
from newft.schema.kit import Field, Task
from newft.text import Text

Use = Literal["input", "protected", "excluded"]

MIN_VALUE_SHARE = 0.9  # of the values; the others are missing marks and typing errors
# of different values, in a column that only begins with a word for what identifies: phone_brand
MIN_IDENTIFYING_SHARE = 0.5
MAX_FLAG_VALUES = 2  # has_phone is yes or no, and identifies nobody
MIN_AGE_BANDS = 3  # with both ends
MIN_GROWN_AGE = 15  # the lowest that bands of adults begin at; shares and terms begin lower
AGE_BAND_STEP = 5  # statistics count ages in fives and tens: 25-34, 30-39, 25-29, 20-30
MIN_DOUBTFUL_DIGITS = 6  # numbers of one width that may be those of rows: amounts vary in width

_DATE_PATTERN = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d.*)?"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    # as SAS and Oracle write them: 07MAR2024, 07-MAR-24, 01JAN2024:00:00:00
    r"|\d{1,2}[- ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[-, ]{0,2}"
    r"(?:\d{4}|\d{2})(?:[:T ]\d.*)?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[- ](?:\d{1,2}, )?"
    r"(?:\d{4}|\d{2})",
    re.IGNORECASE,
)
_NUMBER_NAME_PATTERN = re.compile(
    r"(?:^|_)(id|no|nr|num|number|code|key|ref|nummer)$|[编账卡证单]?[号码]$"
)
_YEARS = r"\s*(?:岁|years?|yrs?|jahre|ans)?"
_SPAN_PATTERN = re.compile(rf"(\d{{2}}){_YEARS}\s*(?:-|–|~|to|至|到|bis|à)\s*(\d{{2}}){_YEARS}$")
_OPEN_SPAN_PATTERN = re.compile(
    rf"(?:[<>≥≤]=?|under|over|unter|über)\s*\d{{2}}{_YEARS}"
    rf"|\d{{2}}{_YEARS}\s*(?:\+|以上|以下|and over)"
)
_SEX_MARKS = ({"m", "f"}, {"f", "h"}, {"m", "w"}, {"h", "m"})
MAX_VALUE_CHARS = 500  # of a value that patterns are searched in: the time of some is its square


@dataclass(frozen=True)
class ColumnUse:
    """What a column is for, and why it is kept out or should be looked at."""

    use: Use
    reason: Text | None = None
    doubt: Text | None = None  # of an input
    personal: bool = False  # it identifies a person, rather than a row
    numbered: bool = False  # it identifies a person, an account or a row


def decide_column_use(
    column: Column, values: Sequence[str], task: Task, *, first: Sequence[str]
) -> ColumnUse:
    """Decide by the name and the sampled values; the first ones may number the rows."""
    clipped = (value[:MAX_VALUE_CHARS] for value in values)
    filled = [value for value in clipped if not is_missing(value, MISSING_VALUE_PATTERN)]
    side_by_side = [value for value in first if not is_missing(value, MISSING_VALUE_PATTERN)]
    protected = [field for field in task.fields.values() if field.role == "protected"]
    excluded = [field for field in task.fields.values() if field.role == "excluded"]
    return (
        _find_protected(column, filled, protected)
        or _find_barred(column, filled, excluded)
        or _find_identifying(column, filled, excluded, first=side_by_side)
        or _find_unusable(column, filled, task, first=side_by_side)
        or ColumnUse("input", doubt=_find_doubt(column, filled, task))
    )


def _find_protected(
    column: Column, filled: Sequence[str], fields: Sequence[Field]
) -> ColumnUse | None:
    for field in fields:
        if is_barred_name(column.name, field):
            reason = Text("its name describes a person", "列名属于个人特征")
            return ColumnUse("protected", _say_by_name(reason))
        if _are_mostly_known(filled, map(normalize_label, field.typical)):
            reason = Text("its values describe a person", "取值属于个人特征")
            return ColumnUse("protected", _say_by_value(reason))
    if fields and _are_age_bands(filled):
        return ColumnUse("protected", _say_by_value(Text("bands of ages", "年龄段")))
    return None


def _are_age_bands(filled: Sequence[str]) -> bool:
    """Tell whether the values are spans of years of grown people, such as 25-34 and 65+.

    Other measures are cut into bands too, but those begin at nothing or are of other widths.
    """
    distinct = {value.strip().casefold() for value in filled}
    spans = sorted((int(m[1]), int(m[2])) for v in distinct if (m := _SPAN_PATTERN.match(v)))
    open_ended = [value for value in distinct if _OPEN_SPAN_PATTERN.fullmatch(value)]
    if len(spans) < MIN_AGE_BANDS or len(spans) + len(open_ended) < len(distinct):
        return False
    widths = [high - low for low, high in spans[1:]]  # the first may begin at any age: 18-24
    regular = all(width % AGE_BAND_STEP in (0, AGE_BAND_STEP - 1) for width in widths)
    return spans[0][0] >= MIN_GROWN_AGE and regular


def _find_barred(
    column: Column, filled: Sequence[str], fields: Sequence[Field]
) -> ColumnUse | None:
    for field in fields:
        if is_barred_name(column.name, field):
            reason = Text(
                "an id, a date or what is known only later", "编号、日期或事后才知道的信息"
            )
            personal = len({*filled}) > MAX_FLAG_VALUES and has_stem(column.name, field.identifying)
            return ColumnUse("excluded", _say_by_name(reason), personal=personal)
        later = has_stem(column.name, field.stems)
        if later and not has_stem(column.name, field.earlier):
            reason = Text("probably known only after the label", "很可能在标签之后才知道")
            return ColumnUse("excluded", _say_by_name(reason))
        if _are_mostly_known(filled, map(normalize_label, field.typical)):
            return ColumnUse("excluded", _say_by_value(Text("typical values", "典型取值")))
    return None


def _find_identifying(
    column: Column, filled: Sequence[str], fields: Sequence[Field], *, first: Sequence[str]
) -> ColumnUse | None:
    """Find what identifies a person, an account or a row: by values, else by name and values."""
    dated = _are_dates(filled)
    if not dated and (kind := find_identifier_kind(filled, first=first)):
        personal = kind.name in PERSONAL_KINDS
        personal |= any(has_stem(column.name, field.identifying) for field in fields)
        return ColumnUse("excluded", _say_by_value(kind.title), personal=personal, numbered=True)
    counts = Counter(filled)
    for field in fields:
        many = len(counts) >= MIN_IDENTIFYING_SHARE * len(filled) and not is_measure(filled)
        if len(counts) > MAX_FLAG_VALUES and (
            (many and has_stem(column.name, field.identifying, field.qualifiers))
            or (
                ends_with_stem(column.name, field.identifying, field.qualifiers)
                and not is_measure(filled)
            )
        ):
            reason = Text("identifies a person, an account or a row", "可识别个人、账户或某一行")
            return ColumnUse("excluded", _say_by_name(reason), personal=True)
    return None


def _find_unusable(
    column: Column, filled: Sequence[str], task: Task, *, first: Sequence[str]
) -> ColumnUse | None:
    """Find a column that is empty, holds dates or ids, or has a value of its own in each row."""
    if not filled:
        return ColumnUse("excluded", Text("empty", "没有内容"))
    if _are_dates(filled):
        return ColumnUse("excluded", _say_by_value(Text("dates", "日期")))
    if column.name in task.fields:
        return ColumnUse(
            "excluded", _say_by_name(Text("named like a field of the task", "与任务字段同名"))
        )
    numbered = _NUMBER_NAME_PATTERN.search(to_snake_case(column.name)) and is_near_unique(filled)
    if (numbered and not is_free_text(filled)) or is_id_column(column) or _is_row_number(first):
        return ColumnUse(
            "excluded", Text("an id: hardly any value comes twice", "编号：几乎不重复")
        )
    if is_near_unique(filled) and not is_measure(filled) and not is_free_text(filled):
        return ColumnUse(
            "excluded", _say_by_value(Text("hardly any value comes twice", "取值几乎不重复"))
        )
    return None


def may_be_known_later(name: str, task: Task) -> bool:
    """Tell whether a name speaks of what is known after the label, be it also of the past."""
    return any(has_stem(name, f.stems) for f in task.fields.values() if f.role == "excluded")


def _find_doubt(column: Column, filled: Sequence[str], task: Task) -> Text | None:
    """Find why a person should look at a column that is shown."""
    rival = any(tells_outcome(column, field) for field in task.fields.values())
    if rival or may_be_known_later(column.name, task):
        return Text(
            "is it known before the label, or only after it?",
            "它在标签之前就能拿到，还是之后才有？",
        )
    if {value.casefold() for value in filled} in _SEX_MARKS:
        return Text("do its two letters mean man and woman?", "两个字母是否表示性别？")
    if is_free_text(filled) and find_contact_words(filled):
        return Text(
            "free text that names people or holds their contact details",
            "自由文本，其中出现人名称谓或联系方式",
        )
    if is_near_unique(filled) and is_short_text(filled):
        return Text(
            "hardly any value comes twice: does it describe, or name someone?",
            "取值几乎不重复：是描述，还是名称？",
        )
    numbered = is_near_unique(filled) and has_one_width(filled, MIN_DOUBTFUL_DIGITS)
    if numbered and not are_round(filled):
        return Text(
            "numbers of one width, hardly any twice: does it measure, or number the rows?",
            "等长且几乎不重复的数字：是度量值还是编号？",
        )
    return None


def _are_dates(filled: Sequence[str]) -> bool:
    dated = sum(bool(_DATE_PATTERN.fullmatch(value)) for value in filled)
    return bool(filled) and dated >= MIN_VALUE_SHARE * len(filled)


def _is_row_number(values: Sequence[str]) -> bool:
    """Tell whether the values number the rows."""
    if len(values) < 2 or not all(value.isdecimal() for value in values):
        return False
    return [int(value) - int(values[0]) for value in values] == list(range(len(values)))


def _are_mostly_known(values: Sequence[str], known: Iterable[str]) -> bool:
    """Tell whether a column has several of the known values, and hardly any other."""
    among, met = {*known}, Counter(map(normalize_label, values))
    return len(among & met.keys()) > 1 and (
        sum(met[value] for value in among) >= MIN_VALUE_SHARE * len(values)
    )


def _say_by_name(reason: Text) -> Text:
    return Text(f"by its name: {reason.en}", f"按列名：{reason.zh}")


def _say_by_value(reason: Text) -> Text:
    return Text(f"by its values: {reason.en}", f"按取值：{reason.zh}")
