"""What the values of a column are: labels of a closed list, or numbers, terms and sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from newft.dataset.label_checks import is_sentence
from newft.schema.kit import NO_LABELS, YES_LABELS
from newft.text import Text

LabelKind = Literal["closed", "yes_no", "number", "quantity", "sentence", "empty"]

MAX_VALUE_CHARS = 400  # a longer value is a text, whatever follows
MOST_ROWS = 0.9  # of one kind: a few cells of a column are gaps and slips
MIN_CODE_DENSITY = 0.6  # of the numbers between the least and the greatest: codes leave few out
MIN_ROWS_PER_CODE = 2  # on average: a measurement hardly repeats
MIN_VALUES_PER_FORM = 2  # values that differ by their quantities alone, such as terms of years

_NUMBER_PATTERN = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})*")
_PLAIN_NUMBER_PATTERN = re.compile(r"[+-]?\d[\d,]{0,18}(?:\.\d{1,15})?")
_UNITS = (
    "%|‰|个?月|年|天|日|小时|分钟|周岁|岁|万?元|亿元|期"
    "|(?:year|yr|month|week|day|hour|minute|euro|dollar|pound)s?|usd|eur|gbp|cny|rmb|yuan"
)
_AMOUNT = r"(?:\d[\d.,]*|[零〇一二两三四五六七八九十百千万亿半]+)"
_QUANTITY_PATTERN = re.compile(
    rf"[$€£¥￥]\s*{_AMOUNT}|{_AMOUNT}\s*(?:{_UNITS})(?![a-z])", re.IGNORECASE
)
_YES_NO = frozenset((*YES_LABELS, *NO_LABELS))

NOT_LABELS: Mapping[LabelKind, Text] = {
    "number": Text("numbers", "数值"),
    "quantity": Text("quantities, such as terms and amounts", "期限、金额一类的数量"),
    "sentence": Text("whole sentences", "整句话"),
}


def find_label_kind(values: Sequence[str], separator: str | None = None) -> LabelKind:
    """Return what the values of a column are; `separator` stands between several labels."""
    filled = [value.strip()[:MAX_VALUE_CHARS] for value in values if value.strip()]
    rows = Counter(filled)
    if not filled:
        return "empty"
    if _share(rows, lambda value: value.casefold() in _YES_NO) >= MOST_ROWS:
        return "yes_no"
    if _share(rows, lambda value: bool(_NUMBER_PATTERN.fullmatch(value))) >= MOST_ROWS:
        return "closed" if _are_codes(filled) else "number"
    if _are_quantities(rows):
        return "quantity"
    parts = Counter(part.strip() for value in filled for part in _split(value, separator))
    return "sentence" if _are_sentences(parts) else "closed"


def _share(rows: Mapping[str, int], holds: Callable[[str], bool]) -> float:
    """The share of the rows whose value passes a test, which is asked once for each value."""
    return sum(many for value, many in rows.items() if holds(value)) / max(1, sum(rows.values()))


def _split(value: str, separator: str | None) -> list[str]:
    lines = value.split("\n")
    return [part for line in lines for part in (line.split(separator) if separator else [line])]


def _are_codes(filled: Sequence[str]) -> bool:
    """Whether numbers number a list: they leave few out, or rows stand in blocks of one number."""
    read = [float(value.replace(",", "")) for value in filled if _is_plain_number(value)]
    if not read or any(number != int(number) for number in read):
        return False
    distinct = {int(number) for number in read}
    if len(read) < MIN_ROWS_PER_CODE * len(distinct):
        return False
    changes = sum(one != other for one, other in pairwise(read))
    low, high = min(distinct), max(distinct)
    dense = len(distinct) >= MIN_CODE_DENSITY * (high - low + 1)
    return (low in (-1, 0, 1) and dense) or changes == len(distinct) - 1


def _is_plain_number(value: str) -> bool:
    return bool(_PLAIN_NUMBER_PATTERN.fullmatch(value))


def _are_quantities(rows: Mapping[str, int]) -> bool:
    """Whether most values are a quantity, or differ by the quantity in them alone."""
    if _share(rows, lambda value: not _QUANTITY_PATTERN.sub("", value).strip(" -~到至")) > 0.5:
        return True
    holding = [value for value in rows if _QUANTITY_PATTERN.search(value)]
    forms = {_QUANTITY_PATTERN.sub("#", value) for value in holding}
    many = sum(rows[value] for value in holding)
    return many * 2 > sum(rows.values()) and len(holding) >= MIN_VALUES_PER_FORM * len(forms)


def _are_sentences(parts: Mapping[str, int]) -> bool:
    """Whether most rows have a sentence, and hardly any sentence is repeated."""
    sentences = [part for part in parts if part and is_sentence(part)]
    many = sum(parts[part] for part in sentences)
    return many * 2 > sum(parts.values()) and many < 2 * MIN_ROWS_PER_CODE * len(sentences)
