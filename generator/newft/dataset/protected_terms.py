"""Recognize columns that no prompt may show by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newft.dataset.column_match import (
    FOLDED_NAME_SCORE,
    contains_words,
    is_single_word,
    score_name,
)
from newft.dataset.name_words import fold_accents, to_snake_case
from newft.schema.kit import Field
from newft.text import CJK_PATTERN

_BETWEEN_GROUPS = "by|of|on|at|the|was|account|acct"  # other words may name another thing
MIN_STEM_CHARS = 4  # a shorter word begins too many others: `sex`, but not `sextant`


def is_barred_name(name: str, field: Field) -> bool:
    """Tell whether a column belongs to a protected or excluded field, by its name."""
    if score_name(name, field.synonyms)[0] >= FOLDED_NAME_SCORE:
        return True
    if field.role == "protected" and has_stem(name, field.stems, field.qualifiers):
        return True
    phrases = [synonym for synonym in field.synonyms if not is_single_word(synonym)]
    if field.role == "protected":  # to show one by mistake is worse than to leave one out
        phrases += [synonym for synonym in field.synonyms if synonym not in field.ambiguous]
    if any(contains_words(name, phrase) for phrase in phrases):
        return True
    return _compile_qualified_name(field).fullmatch(to_snake_case(name)) is not None


@lru_cache(maxsize=100)  # the protected and the excluded field of each task
def _compile_qualified_name(field: Field) -> re.Pattern[str]:
    """Match a name that is one of the single words, beside nothing but qualifiers."""
    single = [to_snake_case(synonym) for synonym in field.synonyms if is_single_word(synonym)]
    words = "|".join(map(re.escape, single)) or "(?!)"  # which matches nothing
    beside = "|".join(
        re.escape(word) if CJK_PATTERN.search(word) else f"{re.escape(word)}s?"
        for word in field.qualifiers
    )
    return re.compile(rf"(({beside})_?)*({words})s?(_?({beside}|{words}))*(_?\d+|_[a-z])*")


def has_stem(name: str, stems: Sequence[str], qualifiers: Sequence[str] = ()) -> bool:
    """Tell whether a word of a name is a stem or begins with one, as in `ETHNIC_GRP`.

    A short stem counts as a whole word only, a digit ends a word as in `max60dpd`, and words such
    as `cust` may stand before a stem without a break, as in `custgender`. A stem of several groups,
    such as `closed/final date/reason`, is one word of each in this order: `closed_by_reason`.
    """
    folded = fold_accents(to_snake_case(fold_accents(name)))
    return _compile_stems(tuple(stems), tuple(qualifiers)).search(folded) is not None


@lru_cache(maxsize=300)  # the stems of each field of each task
def _compile_stems(stems: tuple[str, ...], qualifiers: tuple[str, ...]) -> re.Pattern[str]:
    before = "|".join(re.escape(one) for one in qualifiers if one.isascii() and len(one) > 1)
    folded = [fold_accents(stem) for stem in stems]
    chinese = [_compile_groups(stem) for stem in folded if CJK_PATTERN.search(stem)]
    latin = [stem for stem in folded if not CJK_PATTERN.search(stem)]
    long = [_compile_groups(stem) for stem in latin if len(stem) >= MIN_STEM_CHARS]
    short = [re.escape(stem) for stem in latin if len(stem) < MIN_STEM_CHARS]
    parts = ["|".join(chinese) or "(?!)"]  # which matches nothing
    start = rf"(?:^|_|(?<=\d))(?:{before})*" if before else r"(?:^|_|(?<=\d))"
    parts.append(rf"{start}(?:{'|'.join(long) or '(?!)'})")
    parts.append(rf"(?:^|_|(?<=\d))(?:{'|'.join(short) or '(?!)'})s?(?:_|\d|$)")
    return re.compile("|".join(parts))


def _compile_groups(stem: str) -> str:
    groups = ("|".join(map(re.escape, group.split("/"))) for group in stem.split())
    return rf"_?(?:(?:{_BETWEEN_GROUPS})_?)?".join(f"(?:{words})" for words in groups)


def ends_with_stem(name: str, stems: Sequence[str], qualifiers: Sequence[str]) -> bool:
    """Tell whether a column is what a stem says, as `mobile_no` is and `mobile_plan` is not."""
    folded = fold_accents(to_snake_case(fold_accents(name)))
    return _compile_ends(tuple(stems), tuple(qualifiers)).search(folded) is not None


@lru_cache(maxsize=100)
def _compile_ends(stems: tuple[str, ...], qualifiers: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(fold_accents(stem)) for stem in stems) or "(?!)"
    after = "|".join(re.escape(word) for word in qualifiers) or "(?!)"
    return re.compile(rf"(?:^|_|[^\x00-\x7f])(?:{words})s?(?:_?(?:{after}|\d+|[a-z](?![a-z])))*$")
