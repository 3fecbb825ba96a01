"""Shorten a text in its middle: by whole lines or words where it has them, with a visible mark."""

from __future__ import annotations

import re
from collections.abc import Sequence

ELISION_MARK = "[...]"
# A date, an amount or a name stays whole; in scripts without spaces every character may end.
WORD_PATTERN = re.compile(r"[^\W\u2e80-\U0010ffff]+(?:[.,:/'-][^\W\u2e80-\U0010ffff]+)*")
# of what fits: where whole lines would leave less, words are cut, then characters
MIN_KEPT_SHARE = 0.5

Span = tuple[int, int]


def truncate_middle(text: str, tokens: Sequence[Span], kept: int) -> str:
    """The text with at most `kept` of its tokens, half of them from each end.

    `tokens` says where each token begins and ends in the text.
    """
    first, last = (kept + 1) // 2, kept // 2
    start = tokens[first - 1][1]
    end = tokens[len(tokens) - last][0] if last else len(text)
    fits = start + len(text) - end
    head, tail = text.rfind("\n", 0, start) + 1, text.find("\n", max(end - 1, 0)) + 1
    if tail and head + len(text) - tail >= MIN_KEPT_SHARE * fits:
        return f"{text[:head]}{ELISION_MARK}\n{text[tail:]}"
    head, tail = _find_word_bounds(text, start)[0], _find_word_bounds(text, end)[1]
    if head + len(text) - tail < MIN_KEPT_SHARE * fits:
        head, tail = start, end
    return f"{text[:head].rstrip()} {ELISION_MARK} {text[tail:].lstrip()}".strip()


def _find_word_bounds(text: str, place: int) -> Span:
    """The ends of the word around a place; the place itself where it is in none."""
    for word in WORD_PATTERN.finditer(text):
        if word.end() > place:
            return word.span() if word.start() < place else (place, place)
    return place, place
