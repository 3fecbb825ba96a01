"""Tell by its values alone that a column identifies a person, an account or a row.

A column of numbers that measure something, such as an income, may have a different value in every
row too. What separates the two is the kind of value: codes hold letters and digits, identifying
numbers have one width and no scale, and a measure has many widths, a unit or a decimal point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from itertools import pairwise
from typing import NamedTuple

from newft.dataset.identifier_checks import (
    is_card_number,
    is_iban,
    is_other_national_id,
    is_resident_id,
    is_social_security_number,
)
from newft.dataset.quantity_columns import read_column
from newft.text import Text

# Of the values of a column: the others are missing marks and typing errors. One number in ten has
# a right check digit by chance, so chance does not reach this share.
MIN_KIND_SHARE = 0.9
MIN_ADDRESS_SHARE = 0.6  # addresses are written in many ways; prose seldom has a number and a road
MIN_NEAR_UNIQUE_SHARE = 0.95  # of different values: some people come twice in an export
# of different values that are names: more than four in five Chinese have one of these surnames
MIN_SURNAME_SHARE = 0.75
MIN_NAME_SHARE = 0.5  # of different values: two people may share a name
MIN_VALUES = 20  # by chance, fewer values of a measure may all differ and look alike
MIN_PERSON_SHARE = 0.7  # of different values of words in capitals: professions come more often
MIN_REPEATED_SHARE = 0.1  # of different values, where the same account comes in several rows
MIN_REPEATED_DIGITS = 10  # of one width: no column of amounts has only such, and none is round
MIN_ROUND_SHARE = 0.3  # of numbers that end in 0, as amounts do: by chance one in ten does
MIN_SHAPE_DIGITS = 6  # of a code that comes in several rows; a shorter one may name a product
MIN_LONG_DIGITS = 8  # the shortest account numbers; a column of amounts never has only such
MIN_COUNTED_ROWS = 100  # a measure of fewer rows may take each value of a short range once
MAX_SPARSITY = 1.2  # numbers that were given to rows one by one have few gaps
MAX_NAME_CHARS = 12  # the mean length of short names; a Chinese name has two or three characters
MIN_PROSE_SHARE = 0.5  # a remark is sometimes one word
MIN_CONTACT_SHARE = 0.05  # one row in twenty is no slip
MAX_CODE_CHARS = 64  # a hash in hexadecimal; what is longer is a text

_EMAIL_PATTERN = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]+(\.[^\s@<>.]+)+")
_URL_PATTERN = re.compile(r"(https?://|ftp://|www\.)\S+", re.IGNORECASE)
_PHONE_PATTERN = re.compile(
    r"(\+|00)[1-9][\d ().\-]{6,18}\d"  # international: ITU-T E.164 has up to 15 digits
    r"|(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # a Chinese mobile
    r"|(?=(\D*\d){8})\(?0\d{1,4}\)?[ ./-]\d{3,8}([ ./-]\d{2,5})*"  # an area code and the rest
    r"|0\d{9,10}"  # a national number with its prefix
    r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4}"  # as North America writes it
)
_STREET_WORDS = (
    r"street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|terrace|"
    r"close|crescent|way|place|pl|highway|hwy|rue|calle|carrera|avenida|rua|via|viale|piazza|plaza|"
    r"plein|jalan|jl|ul|ulica|apt|suite|flat"
)
_ADDRESS_PATTERN = re.compile(
    rf"(?=.*\d).*(\b({_STREET_WORDS})\b|stra(ss|ß)e|\w+str\.?\b|weg\b|gasse\b|straat\b|laan\b|platz\b)"
    r"|.*[省市区县镇乡村].*[路街道巷弄号村栋幢楼室苑园].*|.*[路街巷弄]\d+号.*",
    re.IGNORECASE | re.DOTALL,
)
_LEADING_ZERO_PATTERN = re.compile(r"0\d")  # of a code; a share such as 0.35 has none
_MASKED_PATTERN = re.compile(r"(?=.*\d)[A-Z\d -]*([*•]{2,}|[xX]{3,})[A-Z\d*•xX -]*")
_ROUNDED_PATTERN = re.compile(r"\d([.,]\d+)?E\+?1[1-9]")  # what a sheet makes of a long number
_GROUPED_DIGITS_PATTERN = re.compile(r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}")
_CODE_PATTERN = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[\w#.:/-]+( [\w#.:/-]*\d[\w#.:/-]*)*")
_SHAPED_PATTERN = re.compile(rf"[A-Z]{{1,4}}[-/ ]?\d{{{MIN_SHAPE_DIGITS},}}[A-Z]?")
_PERSON_PATTERN = re.compile(r"[^\W\d_a-z][\w.'’-]*(,? [^\W\d_a-z][\w.'’-]*){1,3}")
# about a hundred of the most frequent surnames, which more than four in five Chinese have
# (Ministry of Public Security, report for 2020)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任"
    "卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_CHINESE_NAME_PATTERN = re.compile(f"[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")

# two words of lower case side by side, or a run of Chinese that is longer than a name
_PROSE_PATTERN = re.compile(r"[a-zß-ÿ]{2,},? [a-zß-ÿ]{2,}|[\u4e00-\u9fff]{5}")
# words of lower case, or of Chinese, which has no case: surnames are looked for before
_WORD_PATTERN = re.compile(r"[a-zß-ÿ][a-zß-ÿ ,/-]*|[\u4e00-\u9fff]+")
_CONTACT_PATTERN = re.compile(
    r"[^\s@]@[^\s@]+\.\w|\d[\d -]{8,}\d|\b(mrs?|ms|dr|herr|frau|sr|sra|mme)\b\.? [A-Z]"
    r"|[\u4e00-\u9fff](先生|女士|小姐)",
    re.IGNORECASE,
)


class IdentifierKind(NamedTuple):
    """What the values of a column are, as it is said to the user."""

    name: str
    title: Text


def _is_ip_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return "." in value or ":" in value


# the first kind that most values have is the one that is said
_KINDS: tuple[tuple[IdentifierKind, Callable[[str], object]], ...] = (
    (IdentifierKind("email", Text("e-mail addresses", "邮箱地址")), _EMAIL_PATTERN.fullmatch),
    (IdentifierKind("url", Text("web addresses", "网址")), _URL_PATTERN.fullmatch),
    (IdentifierKind("ip", Text("IP addresses", "IP 地址")), _is_ip_address),
    (IdentifierKind("resident_id", Text("Chinese resident ids", "身份证号")), is_resident_id),
    (IdentifierKind("iban", Text("IBANs", "IBAN 账号")), is_iban),
    (
        IdentifierKind("ssn", Text("US social security numbers", "美国社会保障号")),
        is_social_security_number,
    ),
    (IdentifierKind("phone", Text("phone numbers", "电话号码")), _PHONE_PATTERN.fullmatch),
    (IdentifierKind("card", Text("payment card numbers", "银行卡号")), is_card_number),
    (
        IdentifierKind("national_id", Text("national or tax ids", "证件号或税号")),
        is_other_national_id,
    ),
)
# those that name a person; numbers and codes of one form may be those of the rows
PERSONAL_KINDS = (*(kind.name for kind, _ in _KINDS), "masked", "address", "person", "card_form")
_MASKED = IdentifierKind("masked", Text("numbers with a part masked", "部分打码的号码"))
_ADDRESS = IdentifierKind("address", Text("street addresses", "街道地址"))
_PERSON = IdentifierKind("person", Text("names", "人名或机构名"))
_GROUPED = IdentifierKind("card_form", Text("numbers written like card numbers", "卡号形式的号码"))
_LONG = IdentifierKind(
    "long_number", Text("long numbers of one width, hardly any twice", "等长且几乎不重复的长号码")
)
_LONG_REPEATED = IdentifierKind("long_number", Text("long numbers of one width", "等长的长号码"))
_SHAPED = IdentifierKind("code", Text("codes of one form", "形式相同的编码"))
_ZERO = IdentifierKind(
    "zero_number",
    Text("numbers that begin with 0, hardly any twice", "以 0 开头且几乎不重复的号码"),
)
_CODE = IdentifierKind("code", Text("codes, hardly any twice", "几乎不重复的编码"))
_COUNTER = IdentifierKind("counter", Text("numbers that count the rows", "逐行编排的号码"))


def find_identifier_kind(
    values: Sequence[str], *, first: Sequence[str] = ()
) -> IdentifierKind | None:
    """Return what identifies by the filled values; `first` are those that stand side by side."""
    if len(values) < MIN_VALUES:
        return None
    counts = Counter(value.removesuffix(".0") for value in values)  # as pandas writes gaps
    for kind, check in _KINDS:
        if _has_share(counts, check, MIN_KIND_SHARE):
            return kind if len(counts) > 1 else None
    return _find_kind_of_varied(counts) or (_COUNTER if _count_rows(first) else None)


def _find_kind_of_varied(counts: Counter[str]) -> IdentifierKind | None:
    """Find the kind of values of which enough differ from row to row."""
    distinct = len(counts) / counts.total()
    checks = (
        (MIN_NAME_SHARE, _find_written_kind),
        (MIN_REPEATED_SHARE, _find_repeated_kind),
        (MIN_NEAR_UNIQUE_SHARE, _find_near_unique_kind),
        (MIN_PERSON_SHARE, _find_person_kind),
    )
    found = (find(counts) for share, find in checks if distinct >= share)
    return next(filter(None, found), None)


def _find_written_kind(counts: Counter[str]) -> IdentifierKind | None:
    if _has_share(counts, _MASKED_PATTERN.fullmatch, MIN_KIND_SHARE):
        return _MASKED
    if _has_share(counts, _ADDRESS_PATTERN.match, MIN_ADDRESS_SHARE):
        return _ADDRESS
    named = _has_share(counts, _CHINESE_NAME_PATTERN.fullmatch, MIN_SURNAME_SHARE)
    return _PERSON if named else None


def is_near_unique(values: Sequence[str]) -> bool:
    """Tell whether hardly any value comes twice, in enough values to tell."""
    return len(values) >= MIN_VALUES and len({*values}) >= MIN_NEAR_UNIQUE_SHARE * len(values)


def has_one_width(values: Sequence[str], least: int) -> bool:
    """Tell whether the values are whole numbers of one width and at least so many digits."""
    widths = Counter(len(value) for value in values if value.isdecimal() and len(value) >= least)
    return bool(widths) and max(widths.values()) >= MIN_KIND_SHARE * len(values)


def is_measure(values: Sequence[str]) -> bool:
    """Tell whether the values are amounts rather than long numbers of one width."""
    return (
        bool(values)
        and _are_quantities(values)
        and (not has_one_width(values, MIN_LONG_DIGITS) or are_round(values))
        and not all(_LEADING_ZERO_PATTERN.match(value) for value in values)
    )


def is_free_text(values: Sequence[str]) -> bool:
    """Tell whether the values describe: prose, or words that name nobody, such as professions."""
    prose = sum(bool(_PROSE_PATTERN.search(value)) for value in values)
    words = sum(bool(_WORD_PATTERN.fullmatch(value)) for value in values)
    if values and words >= MIN_KIND_SHARE * len(values):
        return True
    return bool(values) and prose >= MIN_PROSE_SHARE * len(values)


def is_short_text(values: Sequence[str]) -> bool:
    """Tell whether the values are a word or two each, which may be names too."""
    return is_free_text(values) and sum(map(len, values)) < MAX_NAME_CHARS * len(values)


def find_contact_words(values: Sequence[str]) -> bool:
    """Tell whether texts hold an address of the net, a long number or a form of address."""
    met = sum(bool(_CONTACT_PATTERN.search(value)) for value in values)
    return met >= MIN_CONTACT_SHARE * len(values)


def _find_near_unique_kind(counts: Counter[str]) -> IdentifierKind | None:
    values = [*counts]
    if _has_share(counts, _GROUPED_DIGITS_PATTERN.fullmatch, MIN_KIND_SHARE):
        return _GROUPED
    if has_one_width(values, MIN_LONG_DIGITS) and not are_round(values):
        return _LONG
    digits = [value for value in values if value.isdecimal()]
    zeros = sum(value[0] == "0" and len(value) > 1 for value in digits)
    if len(digits) >= MIN_KIND_SHARE * len(values) and zeros and has_one_width(values, 2):
        return _ZERO
    if _has_share(counts, _is_code, MIN_KIND_SHARE) and not _are_quantities(values):
        return _CODE
    return None


def _find_person_kind(counts: Counter[str]) -> IdentifierKind | None:
    named = _has_share(counts, _PERSON_PATTERN.fullmatch, MIN_KIND_SHARE)
    return _PERSON if named and not _are_quantities([*counts]) else None


def _find_repeated_kind(counts: Counter[str]) -> IdentifierKind | None:
    """Find numbers and codes of one form that are too long to measure or to name a kind."""
    values = [*counts]
    if _has_share(counts, _ROUNDED_PATTERN.fullmatch, MIN_KIND_SHARE):
        return _LONG_REPEATED
    if has_one_width(values, MIN_REPEATED_DIGITS) and not are_round(values):
        return _LONG_REPEATED
    shapes = Counter(_shape(value) for value in values if _SHAPED_PATTERN.fullmatch(value))
    most = max(shapes.values(), default=0)
    return _SHAPED if most >= MIN_KIND_SHARE * len(values) else None


def _shape(value: str) -> str:
    """Write 9 for each digit and A for each letter."""
    return "".join("9" if mark.isdigit() else "A" if mark.isalpha() else mark for mark in value)


def are_round(values: Sequence[str]) -> bool:
    """Tell whether so many whole numbers end in 0 that they are amounts."""
    return sum(value.endswith("0") for value in values) >= MIN_ROUND_SHARE * len(values)


def _is_code(value: str) -> bool:
    return len(value) <= MAX_CODE_CHARS and _CODE_PATTERN.fullmatch(value) is not None


def _are_quantities(values: Sequence[str]) -> bool:
    """Tell whether most values are amounts with a unit or a currency."""
    return sum(one is not None for one in read_column([*values])) >= MIN_KIND_SHARE * len(values)


def _count_rows(first: Sequence[str]) -> bool:
    """Tell whether rows that stand side by side were given whole numbers one by one.

    Numbers that rise from each row to the next were given one by one too, whatever their gaps: a
    measure by which rows are sorted has the same value in some rows.
    """
    if len(first) < MIN_COUNTED_ROWS or not all(value.isdecimal() for value in first):
        return False
    numbers = [int(value) for value in first if len(value) < MAX_CODE_CHARS]
    if len({*numbers}) < len(first):
        return False
    rise = all(before < after for before, after in pairwise(numbers))
    return rise or max(numbers) - min(numbers) < MAX_SPARSITY * len(first)


def _has_share(counts: Counter[str], check: Callable[[str], object], share: float) -> bool:
    """Tell whether a check holds for a share of the values, which is looked at once for each."""
    wanted, left, met = share * counts.total(), counts.total(), 0
    for value, rows in counts.items():
        met += rows if check(value) else 0
        left -= rows
        if met + left < wanted:
            return False
    return True
