"""Which column holds which field: as the user says, else by its name, else by its values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newft.entries import Field

# How sure a name makes: below ACCEPTED a column is left alone. Values that do not look like the
# field cost UNFIT, so that an ill-fitting name still beats values without a name.
EXACT, FOLDED, CONTAINED, BY_VALUE, UNFIT, ACCEPTED = 1.0, 0.9, 0.8, 0.5, 0.35, 0.5
REPEATING = 0.9  # of its filled cells are distinct at most in a column that groups rows
EXAMPLES = 3
KEPT_NAMES = 50_000  # columns and synonyms: each name is compared with every synonym
MARGIN = {
    "text": math.log(1.5),
    "label": 0.1,
    "group": 0.0,
    "context": 0.0,
    "outcome": 0.0,
}  # of fit, below which two are equal

CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORDS = re.compile(r"[^\W\d_]\s+[^\W\d_]|[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_ASIDE = re.compile(r"[(（\[].*?[)）\]]")  # a unit or a remark
_NUMBERED = re.compile(r"[^\W\d]*[\W_]*\d[\d\W_]*")  # a word and a number: T-10481, case 7
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

# Things have an age and a name too: words that are said of both mean a person's only beside words
# that say whose it is, or in what form. Of other protected words, as sex, any mention counts.
OF_THINGS_TOO = frozenset({"age", "health", "年龄", "生日"})  # 发生日期 holds 生日
_WHOSE = (
    "(co)?applicants?|customers?|cust|clients?|(co)?borrowers?|debtors?|obligors?|users?|members?|"
    "persons?|personal|owners?|(card)?holders?|guarantors?|spouses?|partners?|insured|primary|main|"
    "co|contact|first|last|full|middle|family|given|maiden|sur|"
    "主借人|共借人|共同|借款人?|申请人?|客户|用户|本人|担保人|配偶|持卡人|联系人?|会员|法人|法定代表人|被保险人|"
    "投保人|户主|主贷人|个人"
)
_FORM = (
    "in|of|at|the|years?|yrs?|groups?|bands?|ranges?|buckets?|bins?|class|category|code|numbers?|no|"
    "num|status|condition|flag|current|actual|application|origination|total|address|above|below|"
    "over|under|is|has|实际|当前|周岁|岁数?|段|分?组|区间|分段|范围|类别|代码|编码|号码?|码|状况|情况"
)
_WHERE = (  # of a phone or an id; home_age is a house's
    "home|work|office|mobile|cell|家庭|单位|办公|移动|固定|贷款|订单|进件|业务|流水|档案"
)
_SERIAL = re.compile(r"(?<![a-z])id(?![a-z])|编号$")


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
class Match:
    """What one file's columns hold."""

    columns: Mapping[str, str]  # field -> column
    guessed: tuple[str, ...]  # fields found by their values alone
    missing: tuple[str, ...]
    unclear: Mapping[str, tuple[str, ...]]  # field -> columns that are equally good


@dataclass(frozen=True)
class Sight:
    """The columns of all files, and those that each field is likely to be in, best first."""

    columns: tuple[Column, ...]
    likely: Mapping[str, tuple[str, ...]]


def describe(name: str, values: Iterable[str]) -> Column:
    """The column as its values show it."""
    filled = [value.strip() for value in values if value.strip()]
    many, distinct = len(filled) or 1, dict.fromkeys(filled)
    return Column(
        name=name,
        filled=len(filled),
        distinct=len(distinct),
        length=sum(map(len, filled)) / many,
        lettered=sum(bool(_LETTER.search(value)) for value in filled) / many,
        wordy=sum(bool(_WORDS.search(value)) for value in filled) / many,
        numbered=sum(bool(_NUMBERED.fullmatch(value)) for value in filled) / many,
        echoed=name in distinct,
        examples=tuple(distinct)[:EXAMPLES],
    )


def match(
    columns: Sequence[Column], fields: Mapping[str, Field], *, known: Mapping[str, Sequence[str]]
) -> Match:
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
    for field in sorted(wanted, key=lambda field: -_best(columns, fields[field])[0]):
        free = [column for column in columns if column.name not in found.values()]
        score, best = _best(free, fields[field])
        if len(best) == 1:
            found[field] = best[0]
            guessed += [field] if score == BY_VALUE else []
        elif best and fields[field].required:
            unclear[field] = best
    missing = [f for f in fields if fields[f].required and f not in found and f not in unclear]
    ordered = {field: found[field] for field in fields if field in found}
    return Match(ordered, tuple(guessed), tuple(missing), unclear)


def is_kept_out(name: str, field: Field) -> bool:
    """Whether a column's name says that it is of a field that no prompt may show."""
    if _named(name, field.synonyms)[0] >= FOLDED:
        return True
    single = [synonym for synonym in field.synonyms if _is_word(synonym)]
    several = [synonym for synonym in field.synonyms if synonym not in single]
    if field.role == "protected":  # to show one by mistake is worse than to leave one out
        several += [synonym for synonym in single if synonym not in OF_THINGS_TOO]
    return any(_contains(name, synonym) for synonym in several) or _qualified(name, single, field)


def is_id(column: Column) -> bool:
    """Whether every value is another one, and each a number of its own rather than a measure."""
    coded = column.numbered > 0.5 and column.lettered > 0.5
    called_so = bool(_SERIAL.search(_spaced(column.name)))
    return (coded or called_so) and column.distinct == column.filled


def is_text(column: Column) -> bool:
    """Whether the values are words, and not the same few again and again."""
    return column.wordy > 0.5 and column.distinct > column.filled * 0.3


def _is_word(synonym: str) -> bool:
    return len(synonym) <= 3 if CJK.search(synonym) else len(_TOKEN.findall(synonym)) == 1


def _qualified(name: str, words: Sequence[str], field: Field) -> bool:
    """Whether a name is one of the words, and beside it only says whose, where or in what form."""
    beside = f"{_WHOSE}|{_FORM}" + (f"|{_WHERE}" if field.role == "excluded" else "")
    among = "|".join(re.escape(_spaced(word)) for word in words)
    pattern = rf"(({beside})_?)*({among})s?(_?({beside}|{among}))*(_?\d+|_[a-z])*"
    return bool(words) and re.fullmatch(pattern, _spaced(name)) is not None


def _spaced(name: str) -> str:
    """A name in small letters, one underscore between its words, without what is in brackets."""
    plain = _ASIDE.sub("", unicodedata.normalize("NFKC", name))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", plain)
    return apart.strip("_").casefold()


def _best(columns: Sequence[Column], field: Field) -> tuple[float, tuple[str, ...]]:
    """The highest score, and the columns that have it: more than one where nothing decides."""
    scored = [(*_score(column, field), column) for column in columns]
    scored = [entry for entry in scored if entry[0] >= ACCEPTED]
    if not scored:
        return 0.0, ()
    top = max(entry[:2] for entry in scored)
    best = [column for *score, column in scored if tuple(score) == top]
    fits = sorted((_fit(column, field) for column in best), reverse=True)
    if len(best) > 1 and fits[0] - fits[1] > MARGIN[field.role]:
        best = [max(best, key=lambda column: _fit(column, field))]
    return top[0], tuple(column.name for column in best)


def _score(column: Column, field: Field) -> tuple[float, int]:
    """How sure it is that a column is the field, then the place of its synonym, negative."""
    score, place = _named(column.name, field.synonyms)
    if not field.required:
        if score < FOLDED or not 2 <= column.distinct < column.filled:
            return 0.0, 0  # one value keeps nothing apart, and an id of every row groups nothing
        # nearly an id: rows that were sent twice repeat it, so it serves where nothing else groups
        return score - (0 if column.distinct <= column.filled * REPEATING else UNFIT), place
    if score:
        return score - (0 if _fits(column, field) else UNFIT), place
    words = column.lettered > 0.5 and column.numbered <= 0.5  # not an id that repeats
    return (BY_VALUE if words and _fits(column, field) else 0.0), 0


def _named(name: str, synonyms: Sequence[str]) -> tuple[float, int]:
    """How well a name says what the synonyms say; their order counts where a whole name does."""
    if name in synonyms:
        return EXACT, -synonyms.index(name)
    folded = [_folded(synonym) for synonym in synonyms]
    if _folded(name) in folded:
        return FOLDED, -folded.index(_folded(name))
    contained = any(_contains(name, synonym) for synonym in synonyms)
    return (CONTAINED if contained else 0.0), 0


@lru_cache(maxsize=KEPT_NAMES)
def _folded(name: str) -> str:
    """A name without case, width, punctuation and what stands in brackets."""
    return re.sub(r"[\W_]+", "", _ASIDE.sub("", unicodedata.normalize("NFKC", name))).casefold()


def _contains(name: str, synonym: str) -> bool:
    """Whether all words of a synonym are in a name; Chinese has no gaps between them."""
    if CJK.search(synonym):
        return len(synonym) > 1 and synonym in name
    return _tokens(synonym) <= _tokens(name)


@lru_cache(maxsize=KEPT_NAMES)
def _tokens(name: str) -> frozenset[str]:
    """The words of a name, singular."""
    return frozenset(token.lower().removesuffix("s") for token in _TOKEN.findall(name))


def _fits(column: Column, field: Field) -> bool:
    """Whether the values look like the field: labels few and short, texts varied and words."""
    if field.role == "label":
        rows = 10 if column.numbered > 0.5 else 2  # a value: numbers of few rows each are ids
        return 2 <= column.distinct <= column.filled / rows and column.length <= 40
    return is_text(column)


def _fit(column: Column, field: Field) -> float:
    """How much the values look like the field, among columns whose names say the same."""
    if field.role == "label":
        return 1 - column.distinct / max(column.filled, 1)
    return math.log(max(column.length, 1))
