"""How quantities are read from a cell: 68,996 and 1.03万, $3.5k, 12%, (1,200), 12 months.

Where a text can be read in two ways, one is chosen, or the text is not read at all:

- `1,234` has a thousands separator, `12,5` and `0,123` have a decimal comma, `1.234` has a decimal
  point, `1.234,5` is 1234.5; `1,0000`, `1,2,3` and `1.234.567` are not read.
- `m`, `b` and `w` right after the digits are a million, a billion and 万 (10,000) beside a
  currency, or where the other values of the column say so (`has_letter_scales`); else they may be
  months, building B or weeks, and the number is in ones.
- A percentage is a share: 12% is 0.12.
- A range is its lower end, in the unit of its upper end: 5-10万 is 50,000.
- A cell that is a number in parentheses is negative, as in accounting.
- Dates, times, codes such as `a34` and numbers that only name something (a leading zero, a mobile
  number, 15 digits or more) are not quantities.
"""

from __future__ import annotations

import math
import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# a bank card has up to 19 digits (ISO/IEC 7812), an identity number 15 or 18 (GB 11643)
MAX_DIGITS = 14

SCALES = {
    **{"千": 1e3, "万": 1e4, "萬": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7},
    **{"亿": 1e8, "億": 1e8, "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12},
    **{"k": 1e3, "thousand": 1e3, "w": 1e4, "m": 1e6, "mn": 1e6, "million": 1e6},
    **{"b": 1e9, "bn": 1e9, "billion": 1e9},
    **{"%": 1e-2, "percent": 1e-2, "pct": 1e-2, "‰": 1e-3},
}
LETTER_SCALES = ("m", "b", "w")  # scales, or units or codes as often
TIME_UNIT_NAMES = ("year", "month", "week", "day")  # the other units are currencies
UNIT_PATTERNS = {
    "year": re.compile("years?|yrs?|年"),
    "month": re.compile("months?|mos?(?![a-z])|个?月"),
    "week": re.compile("weeks?|个?星期|周"),
    "day": re.compile("days?|天|日"),
    "US dollar": re.compile(r"us\$|\$|usd|美元|美金"),
    "HK dollar": re.compile(r"hk\$|hkd|港[元币]"),
    "euro": re.compile("€|eur|欧元"),
    "pound": re.compile("£|gbp|英镑"),
    "yuan": re.compile("¥|rmb|cny|人民币|元"),
}

_CURRENCY = r"(?:us\$|hk\$|[$€£¥₹]|usd|eur|gbp|rmb|cny|hkd)"
_CURRENCY_SUFFIX_PATTERN = re.compile(f" ?(?:{_CURRENCY}|元)")
_MONEY_PATTERN = re.compile(f"(?:{_CURRENCY}|[元 ])*")
_DIGITS = (
    r"(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"  # 1,234.5
    r"|[1-9]\d{0,2}(?:\.\d{3})+,\d+"  # 1.234,5
    r"|[1-9]\d{0,2}(?:[ '’]\d{3})+(?:\.\d+|,\d{1,2})?"  # 1 234.5
    r"|0,\d+|\d+,\d{1,2}"  # 0,123 and 12,5
    r"|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)"
)
_DECIMAL_COMMA_PATTERN = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|0,\d+|\d+,\d{1,2}")
_NUMBER_PATTERN = re.compile(
    rf"(?P<before>(?:[<>≤≥=~≈ ]|[\u3400-\u9fff]){{0,4}}{_CURRENCY}? *)"
    rf"(?P<sign>(?<![\w\u3400-\u9fff])[+-])?(?P<currency>{_CURRENCY} *)?(?P<digits>{_DIGITS})",
    re.ASCII,
)
_SCALE_PATTERN = re.compile(  # 千克 is a kilogram; a letter that begins another word is no scale
    " ?(万亿|[十百千][万亿]|[万萬亿億]|千(?![克米瓦卡分])|[%‰]|(?:thousand|[mb]illion|percent|pct)"
    "(?![a-z]))|((?:k|w|mn?|bn?)(?![a-z]))"
)
_LOWER_SCALE_PATTERN = re.compile(r"(\d+(?:\.\d+)?)([万千])", re.ASCII)  # of 1亿2000万, 3万5千
_RANGE_END_PATTERN = re.compile(rf" ?(?:[-–—~至到]|to ) ?(?P<digits>{_DIGITS})", re.ASCII)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
# behind the digits of a code, a list, a time or a date
_NOT_QUANTITY_PATTERN = re.compile(
    rf"[ .,'’:/⁄–—~-]?\d|_|[a-z]+\d|[ -]?(?:{_MONTHS})(?![a-z])|月\d|年\d+月", re.ASCII
)
_IDENTIFIER_PATTERN = re.compile(  # of a thing or a day
    rf"0\d.*|\d{{{MAX_DIGITS + 1},}}|1[3-9]\d{{9}}"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    re.ASCII,
)


class Quantity(NamedTuple):
    """A number with what it is counted in."""

    value: float  # in ones: 10300 for 1.03万, 0.12 for 12%
    scale: str  # as written: 万, k, %; empty where the number is in ones
    unit: str  # a key of UNIT_PATTERNS, or empty
    words: str  # the text around number and scale


def read_quantity(text: str, *, letters: bool = False) -> Quantity | None:
    """The quantity that a text begins with, perhaps after a word or a sign; None without one.

    `letters` says that m, b and w are scales in the column of the text.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold().replace("\u2212", "-")
    if plain.startswith("(") and plain.endswith(")"):
        inner = read_quantity(plain[1:-1], letters=letters)
        is_amount = inner is not None and inner.value > 0 and _MONEY_PATTERN.fullmatch(inner.words)
        return inner._replace(value=-inner.value) if inner and is_amount else None
    found = _NUMBER_PATTERN.match(plain)
    if found is None or found["before"].rstrip().endswith(("第", "号", "码")):
        return None
    before, number = found["before"], _to_number(found["digits"])
    tail = plain[found.end() :]
    negative = found["sign"] == "-" or before.endswith("负")
    around = f"{before}{found['currency'] or ''}"
    letters = letters or bool(re.search(_CURRENCY, around))
    scaled = _apply_scale(number, before, tail, letters=letters)
    if scaled is None or not math.isfinite(scaled[0]):
        return None
    value, scale, after = scaled
    if not scale and _IDENTIFIER_PATTERN.fullmatch(found["digits"]):
        return None
    unit = next(
        (name for name, pattern in UNIT_PATTERNS.items() if _contains_unit(pattern, around, after)),
        "",
    )
    return Quantity(-value if negative else value, scale, unit, f"{around} {after}")


def has_letter_scales(values: Sequence[str]) -> bool:
    """Whether m, b and w are scales in a column: 1.2m is one beside 850,000, 36m beside 48 is not.

    The other values decide: by a currency or a scale; else, unless they are durations, by whether
    they are nearer to the numbers with these letters as scales than without.
    """
    read = [quantity for value in values if (quantity := read_quantity(value, letters=True))]
    lettered = [quantity for quantity in read if quantity.scale in LETTER_SCALES and quantity.value]
    others = [
        quantity for quantity in read if quantity.scale not in LETTER_SCALES and quantity.value
    ]
    if any(quantity.unit not in ("", *TIME_UNIT_NAMES) for quantity in read):
        return True
    if any(SCALES.get(other.scale, 1) > 1 for other in others):
        return True
    if not lettered or not others or any(other.unit in TIME_UNIT_NAMES for other in others):
        return False
    middle = _compute_median_magnitude(other.value for other in others)
    scaled = _compute_median_magnitude(quantity.value for quantity in lettered)
    plain = _compute_median_magnitude(
        quantity.value / SCALES[quantity.scale] for quantity in lettered
    )
    return abs(middle - scaled) < abs(middle - plain)


def _compute_median_magnitude(numbers: Iterable[float]) -> float:
    return statistics.median(math.log(abs(number)) for number in numbers)


def _to_number(digits: str) -> float:
    plain = re.sub("[ '’]", "", digits)
    if _DECIMAL_COMMA_PATTERN.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    return float(plain.replace(",", ""))


def _apply_scale(
    number: float, before: str, tail: str, *, letters: bool
) -> tuple[float, str, str] | None:
    """The number in ones, its mark and what follows; None where it is part of something else."""
    if before.endswith(("百分之", "千分之")):
        mark = "%" if before.endswith("百分之") else "‰"
        return number * SCALES[mark], mark, tail
    mark, after = _read_scale(tail, letters=letters)
    if mark and (lower := _LOWER_SCALE_PATTERN.match(after)) and SCALES[lower[2]] < SCALES[mark]:
        more = float(lower[1]) * SCALES[lower[2]]
        return number * SCALES[mark] + more, mark, after[lower.end() :]
    if upper := _RANGE_END_PATTERN.match(after):
        rest = after[upper.end() :]
        upper_mark, beyond = _read_scale(rest, letters=letters)
        mark, top = mark or upper_mark, _to_number(upper["digits"])
        is_range = number * SCALES.get(mark, 1) < top * SCALES.get(upper_mark, 1) < math.inf
        if not is_range or _NOT_QUANTITY_PATTERN.match(beyond):
            return None
    elif _NOT_QUANTITY_PATTERN.match(after):
        return None
    return number * SCALES.get(mark, 1), mark, after


def _read_scale(text: str, *, letters: bool) -> tuple[str, str]:
    """The mark of a scale that a text begins with, and what follows."""
    found = _SCALE_PATTERN.match(text)
    if found is None:
        return "", text
    mark, after = found[1] or found[2], text[found.end() :]
    is_scale = mark not in LETTER_SCALES or letters or _CURRENCY_SUFFIX_PATTERN.match(after)
    return (mark, after) if is_scale else ("", text)


def _contains_unit(unit: re.Pattern[str], before: str, after: str) -> bool:
    return bool(unit.search(before) or unit.match(after.lstrip(" +-")))
