"""Lengths of the inputs: in characters for the reader, in pieces for the estimate of tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

from newft.model import Lengths, RowPieces
from newft.text_pieces import TextPieces, count_pieces

# The family is chosen after the rows are read, and another family may rank the rows otherwise:
# Chinese costs SmolLM2 three times what it costs Qwen3, and digits cost LLaMA 3 half of what they
# cost the others. So rows are ranked three times, once by the weights of each kind of tokenizer.
RANKINGS = (
    TextPieces(words=1, digits=0.5, marks=1, han=0.7, other=1),
    TextPieces(words=1, digits=1, marks=1, han=0.7, other=1),
    TextPieces(words=1, digits=1, marks=1, han=1.9, other=1),
)
SHARES = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)  # of the rows


@dataclass
class _Group:
    """Rows of equal weight, and the sums of their pieces."""

    rows: int = 0
    words: float = 0
    digits: float = 0
    marks: float = 0
    han: float = 0
    other: float = 0

    def add(self, pieces: TextPieces) -> None:
        self.rows += 1
        self.words += pieces.words
        self.digits += pieces.digits
        self.marks += pieces.marks
        self.han += pieces.han
        self.other += pieces.other

    @property
    def mean(self) -> TextPieces:
        """The pieces of one row, rounded up."""
        sums = (self.words, self.digits, self.marks, self.han, self.other)
        return TextPieces(*(ceil(one / self.rows) for one in sums))


@dataclass
class LengthStats:
    """Counts the inputs of any number of rows in memory that does not grow with the rows."""

    characters: Counter[int] = field(default_factory=Counter)
    chinese: int = 0  # characters, of all rows
    _groups: tuple[dict[int, _Group], ...] = field(
        default_factory=lambda: tuple({} for _ in RANKINGS)
    )

    def add(self, text: str) -> None:
        """Count one input."""
        pieces = count_pieces(text)
        self.characters[len(text)] += 1
        self.chinese += int(pieces.han)
        for groups, weights in zip(self._groups, RANKINGS, strict=True):
            weight = ceil(pieces.weigh(weights))
            if weight not in groups:
                groups[weight] = _Group()
            groups[weight].add(pieces)

    def chinese_share(self) -> float:
        """The share of all characters that is Chinese."""
        total = sum(length * rows for length, rows in self.characters.items())
        return self.chinese / total if total else 0.0

    def summarize(self) -> Lengths:
        """Quantiles of the lengths."""
        median, p95 = (_at(self.characters, share) for share in (0.5, 0.95))
        found = dict.fromkeys(
            RowPieces(share, groups[_at(rows, share)].mean)
            for share in SHARES
            for groups in self._groups
            for rows in [{weight: group.rows for weight, group in groups.items()}]
        )
        return Lengths(median, p95, max(self.characters), tuple(found))


def _at(rows: dict[int, int], share: float) -> int:
    """The length that this share of the rows does not exceed; rows by length."""
    ordered = sorted(rows)
    passed = list(accumulate(rows[length] for length in ordered))
    return ordered[bisect_left(passed, passed[-1] * share)]
