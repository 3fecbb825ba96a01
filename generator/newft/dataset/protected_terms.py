"""Recognize columns that no prompt may show by their names."""

from __future__ import annotations

import re
from functools import lru_cache

from newft.dataset.column_match import (
    CJK_PATTERN,
    FOLDED_NAME_SCORE,
    contains_words,
    is_single_word,
    score_name,
    to_snake_case,
)
from newft.schema.kit import Field


def is_barred_name(name: str, field: Field) -> bool:
    """Tell whether a column belongs to a protected or excluded field, by its name."""
    if score_name(name, field.synonyms)[0] >= FOLDED_NAME_SCORE:
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
