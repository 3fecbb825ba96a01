"""Count the pieces of a text, from which its tokens are estimated without a tokenizer.

Byte-level BPE tokenizers first split a text by a pattern: words with the space before them, digits,
punctuation marks, Chinese characters. The number of tokens per piece depends on the family
(`tokens_per_piece` in templates/families); the definition of a piece does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A common word is one token whatever its length; codes and capitals are split every few letters.
_WORD_PATTERN = re.compile(r"[A-Z]?[a-z]{1,10}|[A-Z]{1,2}")
_DIGIT_PATTERN = re.compile(r"[0-9]")
# A run of one mark is one token; so is a space, unless it belongs to the word that follows.
_PUNCTUATION_PATTERN = re.compile(r"([\x00-\x1f!-/:-@\[-`{-\x7f])\1*| +(?![A-Za-z])")
_HAN_PATTERN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class PieceCounts:
    """The number of pieces of each kind: whole numbers of a text, fractions as weights."""

    words: int | float = 0
    digits: int | float = 0
    marks: int | float = 0
    han: int | float = 0
    other: int | float = 0  # punctuation and letters outside ASCII and Chinese

    def weigh(self, weights: PieceCounts) -> float:
        """Return the sum over the kinds of pieces times weight."""
        return (
            self.words * weights.words
            + self.digits * weights.digits
            + self.marks * weights.marks
            + self.han * weights.han
            + self.other * weights.other
        )


def count_pieces(text: str) -> PieceCounts:
    """Count the pieces of a text."""
    han, other = 0, 0
    if not text.isascii():
        han = len(_HAN_PATTERN.findall(text))
        other = len(text) - len(text.encode("ascii", "ignore")) - han
    return PieceCounts(
        words=len(_WORD_PATTERN.findall(text)),
        digits=len(_DIGIT_PATTERN.findall(text)),
        marks=len(_PUNCTUATION_PATTERN.findall(text)),
        han=han,
        other=other,
    )
