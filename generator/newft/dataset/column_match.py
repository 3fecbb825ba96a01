"""Which column holds which field: as the user says, else by its name, else by its values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newft.schema.kit import Field

# How sure a name makes: below ACCEPTED a column is left alone. Values that do not look like the
# field cost UNFIT, so that an ill-fitting name still beats values without a name.
(
    EXACT_NAME_SCORE,
    FOLDED_NAME_SCORE,
    CONTAINED_NAME_SCORE,
    VALUE_ONLY_SCORE,
    VALUE_MISMATCH_PENALTY,
    MIN_MATCH_SCORE,
) = 1.0, 0.9, 0.8, 0.5, 0.35, 0.5
MAX_GROUP_DISTINCT_SHARE = (
    0.9  # of its filled cells are distinct at most in a column that groups rows
)
MAX_EXAMPLES = 3
NAME_CACHE_SIZE = 50_000  # columns and synonyms: each name is compared with every synonym
TIE_MARGIN = {
    "text": math.log(1.5),
    "label": 0.1,
    "group": 0.0,
    "context": 0.0,
    "recommendation": 0.0,
}  # of fit, below which two are equal

CJK_PATTERN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORDS_PATTERN = re.compile(r"[^\W\d_]\s+[^\W\d_]|[\u3400-\u9fff]")
_LETTER_PATTERN = re.compile(r"[^\W\d_]")
_BRACKETED_PATTERN = re.compile(r"[(（\[].*?[)）\]]")  # a unit or a remark
_NUMBERED_NAME_PATTERN = re.compile(
    r"[^\W\d]*[\W_]*\d[\d\W_]*"
)  # a word and a number: T-10481, case 7
_TOKEN_PATTERN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ID_NAME_PATTERN = re.compile(r"(?<![a-z])id(?![a-z])|编号$")


@dataclass(frozen=True)
class Column:
    """What the first values of a column look like."""

    name: str
    filled: int
    distinct: int
    length: float  # characters, mean
    lettered: float  # share of values with a letter
    wordy: float  # share of values with Chinese, or with words
    numbered: float  # share of values that are a number, or one word and a number
    echoed: bool  # its name is one of its values too
    examples: tuple[str, ...]  # its first values


@dataclass(frozen=True)
class ColumnMatch:
    """What one file's columns hold."""

    columns: Mapping[str, str]  # field -> column
    guessed: tuple[str, ...]  # fields found by their values alone
    missing: tuple[str, ...]
    unclear: Mapping[str, tuple[str, ...]]  # field -> columns that are equally good


@dataclass(frozen=True)
class ColumnSurvey:
    """The columns of all files, and those that each field is likely to be in, best first."""

    columns: tuple[Column, ...]
    likely: Mapping[str, tuple[str, ...]]


def profile_column(name: str, values: Iterable[str]) -> Column:
    """The column as its values show it."""
    filled = [value.strip() for value in values if value.strip()]
    many, distinct = len(filled) or 1, dict.fromkeys(filled)
    return Column(
        name=name,
        filled=len(filled),
        distinct=len(distinct),
        length=sum(map(len, filled)) / many,
        lettered=sum(bool(_LETTER_PATTERN.search(value)) for value in filled) / many,
        wordy=sum(bool(_WORDS_PATTERN.search(value)) for value in filled) / many,
        numbered=sum(bool(_NUMBERED_NAME_PATTERN.fullmatch(value)) for value in filled) / many,
        echoed=name in distinct,
        examples=tuple(distinct)[:MAX_EXAMPLES],
    )


def match_columns(
    columns: Sequence[Column], fields: Mapping[str, Field], *, known: Mapping[str, Sequence[str]]
) -> ColumnMatch:
    """The column of each field, no column twice; `known` columns come first, in their order."""
    names = [column.name for column in columns]
    found = {
        field: next(name for name in known[field] if name in names)
        for field in fields
        if any(name in names for name in known.get(field, ()))
    }
    guessed: list[str] = []
    unclear: dict[str, tuple[str, ...]] = {}
    wanted = [field for field in fields if field not in found]
    for field in sorted(wanted, key=lambda field: -_find_best_columns(columns, fields[field])[0]):
        free = [column for column in columns if column.name not in found.values()]
        score, best = _find_best_columns(free, fields[field])
        if len(best) == 1:
            found[field] = best[0]
            guessed += [field] if score == VALUE_ONLY_SCORE else []
        elif best and fields[field].required:
            unclear[field] = best
    missing = [f for f in fields if fields[f].required and f not in found and f not in unclear]
    ordered = {field: found[field] for field in fields if field in found}
    return ColumnMatch(ordered, tuple(guessed), tuple(missing), unclear)


def is_id_column(column: Column) -> bool:
    """Whether every value is another one, and each a number of its own rather than a measure."""
    coded = column.numbered > 0.5 and column.lettered > 0.5
    called_so = bool(_ID_NAME_PATTERN.search(to_snake_case(column.name)))
    return (coded or called_so) and column.distinct == column.filled


def is_text_column(column: Column) -> bool:
    """Whether the values are words, and not the same few again and again."""
    return column.wordy > 0.5 and column.distinct > column.filled * 0.3


def is_single_word(synonym: str) -> bool:
    """Whether a synonym is one word, or at most three characters where it has Chinese ones."""
    return (
        len(synonym) <= 3
        if CJK_PATTERN.search(synonym)
        else len(_TOKEN_PATTERN.findall(synonym)) == 1
    )


def to_snake_case(name: str) -> str:
    """A name in small letters, one underscore between its words, without what is in brackets."""
    plain = _BRACKETED_PATTERN.sub("", unicodedata.normalize("NFKC", name))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", plain)
    return apart.strip("_").casefold()


def _find_best_columns(columns: Sequence[Column], field: Field) -> tuple[float, tuple[str, ...]]:
    """The highest score, and the columns that have it: more than one where nothing decides."""
    scored = [(*_score_column(column, field), column) for column in columns]
    scored = [entry for entry in scored if entry[0] >= MIN_MATCH_SCORE]
    if not scored:
        return 0.0, ()
    top = max(entry[:2] for entry in scored)
    best = [column for *score, column in scored if tuple(score) == top]
    fits = sorted((_value_score(column, field) for column in best), reverse=True)
    if len(best) > 1 and fits[0] - fits[1] > TIE_MARGIN[field.role]:
        best = [max(best, key=lambda column: _value_score(column, field))]
    return top[0], tuple(column.name for column in best)


def _score_column(column: Column, field: Field) -> tuple[float, int]:
    """How sure it is that a column is the field, then the place of its synonym, negative."""
    score, place = score_name(column.name, field.synonyms)
    if not field.required:
        if score < FOLDED_NAME_SCORE or not 2 <= column.distinct < column.filled:
            return 0.0, 0  # one value keeps nothing apart, and an id of every row groups nothing
        # nearly an id: rows that were sent twice repeat it, so it serves where nothing else groups
        return score - (
            0
            if column.distinct <= column.filled * MAX_GROUP_DISTINCT_SHARE
            else VALUE_MISMATCH_PENALTY
        ), place
    if score:
        return score - (0 if _values_plausible(column, field) else VALUE_MISMATCH_PENALTY), place
    words = column.lettered > 0.5 and column.numbered <= 0.5  # not an id that repeats
    return (VALUE_ONLY_SCORE if words and _values_plausible(column, field) else 0.0), 0


def score_name(name: str, synonyms: Sequence[str]) -> tuple[float, int]:
    """How well a name says what the synonyms say; their order counts where a whole name does."""
    if name in synonyms:
        return EXACT_NAME_SCORE, -synonyms.index(name)
    folded = [_fold_column_name(synonym) for synonym in synonyms]
    if _fold_column_name(name) in folded:
        return FOLDED_NAME_SCORE, -folded.index(_fold_column_name(name))
    contained = any(contains_words(name, synonym) for synonym in synonyms)
    return (CONTAINED_NAME_SCORE if contained else 0.0), 0


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _fold_column_name(name: str) -> str:
    """A name without case, width, punctuation and what stands in brackets."""
    return re.sub(
        r"[\W_]+", "", _BRACKETED_PATTERN.sub("", unicodedata.normalize("NFKC", name))
    ).casefold()


def contains_words(name: str, synonym: str) -> bool:
    """Whether all words of a synonym are in a name; Chinese has no gaps between them."""
    if CJK_PATTERN.search(synonym):
        return len(synonym) > 1 and synonym in name
    return _tokenize_name(synonym) <= _tokenize_name(name)


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _tokenize_name(name: str) -> frozenset[str]:
    """The words of a name, singular."""
    return frozenset(token.lower().removesuffix("s") for token in _TOKEN_PATTERN.findall(name))


def _values_plausible(column: Column, field: Field) -> bool:
    """Whether the values look like the field: labels few and short, texts varied and words."""
    if field.role == "label":
        rows = 10 if column.numbered > 0.5 else 2  # a value: numbers of few rows each are ids
        return 2 <= column.distinct <= column.filled / rows and column.length <= 40
    return is_text_column(column)


def _value_score(column: Column, field: Field) -> float:
    """How much the values look like the field, among columns whose names say the same."""
    if field.role == "label":
        return 1 - column.distinct / max(column.filled, 1)
    return math.log(max(column.length, 1))
