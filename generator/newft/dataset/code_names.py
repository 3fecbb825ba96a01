"""Find the column that spells out the codes of another: `label` 0 to 4 beside `label_text`.

Values decide. Codes are numbers, or few letters and a number; names are words. In the rows at hand
each code stands beside one name, and each name, however spelled, beside one code. Where the names
of the columns differ in form alone, a few rows may contradict the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from newft.dataset.label_spellings import fold_number, join_words
from newft.emitted.normalize import MISSING_LABEL_PATTERN, is_missing, normalize_label

# a column of two values may agree with the codes because it is known only after them: its name must
# say that it belongs to them; three values or more hardly agree by chance or as an effect
MIN_UNRELATED_CODES = 3
MIN_ROWS_PER_CODE = 2  # on average: what never repeats numbers the rows
MIN_NAMED_SHARE = 0.9  # of the rows with a code: the others would lose their label
# Slips of the pen in a list of codes and names that somebody keeps by hand. A column of another
# name that agrees so well may be a prediction or an effect: of those, each row must agree.
MAX_CONTRADICTING_SHARE = 0.02
MAX_NEAR_SHARE = 0.1  # one in ten: too many to trust the names, too few for two subjects

_CODE_PATTERN = re.compile(r"[+\-]?\d+(\.0+)?|[^\W\d_]{1,3}[-_. ]?\d+")
_NAME_PATTERN = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]")
_WORD_PATTERN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# of a column's name: in which form it holds something, not what it holds
_FORM_PATTERN = re.compile(
    "ids?|no|nums?|numbers?|codes?|keys?|index|idx|int|text|txt|names?|titles?|str|string|desc"
    "|description|of|the|is|en|zh"
)
_CHINESE_FORM_PATTERN = re.compile("编号|编码|代码|序号|名称|名字|文本|描述|标识|[的号码值名]")


@dataclass(frozen=True)
class CodePairs:
    """Which name each code has in most rows, and the rows that say otherwise."""

    name_of: Mapping[str, str]  # of codes and names that have each other in most of their rows
    contradicting: Mapping[tuple[str, str], int]  # a code and a name -> rows
    rows: int  # that have both
    coded: int  # that have a code

    def agree(self, share: float) -> bool:
        """Tell whether at most this share of the rows contradicts the others."""
        against = sum(self.contradicting.values())
        return self.rows >= MIN_NAMED_SHARE * self.coded and against <= share * self.rows


def is_code(value: str) -> bool:
    """Tell whether a value is a number, or few letters and a number."""
    return _CODE_PATTERN.fullmatch(value.strip()) is not None


def are_codes(values: Iterable[str]) -> bool:
    """Tell whether values are codes, each of which has several rows on average."""
    filled = [value.strip() for value in values if not is_missing(value, MISSING_LABEL_PATTERN)]
    distinct = {*filled}
    repeats = len(distinct) * MIN_ROWS_PER_CODE <= len(filled)
    return len(distinct) > 1 and repeats and all(map(is_code, distinct))


def are_names(values: Iterable[str]) -> bool:
    """Tell whether most of the distinct values are words."""
    distinct = {value.strip() for value in values if not is_missing(value, MISSING_LABEL_PATTERN)}
    named = sum(bool(_NAME_PATTERN.search(value)) and not is_code(value) for value in distinct)
    return named * 2 > len(distinct)


def find_names_column(
    rows: Sequence[Mapping[str, str]],
    codes: str,
    among: Iterable[str],
    share: float = MAX_CONTRADICTING_SHARE,
) -> str | None:
    """Find the column of names of a column of codes; one of a related name comes first.

    `share` of the rows may contradict the others if the columns' names differ in form alone.
    """
    given = [row[codes] for row in rows]
    return _pick_partner(rows, codes, among, are_names, share) if are_codes(given) else None


def find_codes_column(
    rows: Sequence[Mapping[str, str]],
    names: str,
    among: Iterable[str],
    share: float = MAX_CONTRADICTING_SHARE,
) -> str | None:
    """Find the column of codes of a column of names; one of a related name comes first."""
    given = [row[names] for row in rows]
    return _pick_partner(rows, names, among, are_codes, share) if are_names(given) else None


def list_same_columns(
    rows: Sequence[Mapping[str, str]], column: str, among: Iterable[str]
) -> list[str]:
    """List the columns of a related name that tell the same, in whatever form: `label_zh`."""
    words = _list_subject_words(column)
    return [
        name
        for name in among
        if name != column
        and not words.isdisjoint(_list_subject_words(name))
        and _count_pairs(rows, column, name) >= MIN_UNRELATED_CODES
    ]


def read_code(value: str) -> str:
    """Read a code: 3.0 is 3."""
    return "" if is_missing(value, MISSING_LABEL_PATTERN) else fold_number(normalize_label(value))


def read_name(value: str) -> str:
    """Read a name: how it is spelled does not matter, as its code says what it is."""
    return "" if is_missing(value, MISSING_LABEL_PATTERN) else join_words(normalize_label(value))


def pair_codes(rows: Sequence[Mapping[str, str]], codes: str, names: str) -> CodePairs:
    """Pair each code with the name that most of its rows have, and that has it in most of its."""
    found: Counter[tuple[str, str]] = Counter()
    for (code, name), count in Counter((row[codes], row[names]) for row in rows).items():
        found[read_code(code), read_name(name)] += count
    both = {pair: count for pair, count in found.most_common() if all(pair)}
    name_of: dict[str, str] = {}
    code_of: dict[str, str] = {}
    for code, name in both:
        name_of.setdefault(code, name)
        code_of.setdefault(name, code)
    mutual = {code: name for code, name in name_of.items() if code_of[name] == code}
    return CodePairs(
        mutual,
        {pair: count for pair, count in both.items() if mutual.get(pair[0]) != pair[1]},
        sum(both.values()),
        sum(count for (code, _), count in found.items() if code),
    )


def _pick_partner(
    rows: Sequence[Mapping[str, str]],
    column: str,
    among: Iterable[str],
    fits: Callable[[Iterable[str]], bool],
    share: float,
) -> str | None:
    """Pick the first of the columns that tells the same; one of a related name comes first."""
    words = _list_subject_words(column)
    others = sorted(
        (name for name in among if name != column),
        key=lambda name: words.isdisjoint(_list_subject_words(name)),
    )
    for name in others:
        codes, names = (name, column) if fits is are_codes else (column, name)
        count = _count_pairs(rows, codes, names, share)
        related = not words.isdisjoint(_list_subject_words(name))
        if count >= (2 if related else MIN_UNRELATED_CODES) and fits([row[name] for row in rows]):
            return name
    return None


def _count_pairs(
    rows: Sequence[Mapping[str, str]],
    codes: str,
    names: str,
    share: float = MAX_CONTRADICTING_SHARE,
) -> int:
    """Count the codes, if each has one name and each name one code; else 0."""
    words = _list_subject_words(codes)
    same_subject = bool(words) and words == _list_subject_words(names)
    pairs = pair_codes(rows, codes, names)
    return len(pairs.name_of) if pairs.agree(share if same_subject else 0) else 0


def _list_subject_words(name: str) -> frozenset[str]:
    """List the words of a column's name that say what it holds, without the form."""
    latin = map(str.lower, _WORD_PATTERN.findall(name))
    words = {word.removesuffix("s") for word in latin if not _FORM_PATTERN.fullmatch(word)}
    chinese = "".join(re.findall("[\u3400-\u9fff]+", _CHINESE_FORM_PATTERN.sub("", name)))
    return frozenset(words | ({chinese} if chinese else set()))
