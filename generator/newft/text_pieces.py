"""Counts the pieces of a text from which its number of tokens can be estimated without a tokenizer.

Tokenizers of byte-level BPE split a text by a pattern first: a word goes with the space before it,
digits, marks and Chinese characters stand for themselves. How many tokens each kind becomes differs
by family (`tokens_per_piece` in templates/families); what counts as a piece does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A usual word is one token whatever its length; codes and capitals are split every few letters.
_WORD = re.compile(r"[A-Z]?[a-z]{1,10}|[A-Z]{1,2}")
_DIGIT = re.compile(r"[0-9]")
# A run of one mark is one token; so is a space, unless a word follows and takes it in.
_MARK = re.compile(r"([\x00-\x1f!-/:-@\[-`{-\x7f])\1*| +(?![A-Za-z])")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class TextPieces:
    """How many pieces of each kind there are."""

    words: float = 0
    digits: float = 0
    marks: float = 0
    han: float = 0
    other: float = 0  # marks and letters outside ASCII and Chinese

    def weigh(self, weights: TextPieces) -> float:
        """The sum of the pieces, each kind times its weight."""
        return (
            self.words * weights.words
            + self.digits * weights.digits
            + self.marks * weights.marks
            + self.han * weights.han
            + self.other * weights.other
        )


def count_pieces(text: str) -> TextPieces:
    """The pieces of a text."""
    han, other = 0, 0
    if not text.isascii():
        han = len(_HAN.findall(text))
        other = len(text) - len(text.encode("ascii", "ignore")) - han
    return TextPieces(
        words=len(_WORD.findall(text)),
        digits=len(_DIGIT.findall(text)),
        marks=sum(1 for _ in _MARK.finditer(text)),
        han=han,
        other=other,
    )
