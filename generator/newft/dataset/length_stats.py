"""Lengths of the inputs: in characters for the reader, in pieces for the estimate of tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

from newft.schema.dataset import InputLengths, LengthQuantile
from newft.text import Language
from newft.token_pieces import PieceCounts, count_pieces

# The family is chosen after the rows are read, and another family may rank the rows otherwise:
# Chinese costs SmolLM2 three times what it costs Qwen3, and digits cost LLaMA 3 half of what they
# cost the others. So rows are ranked three times, once by the weights of each kind of tokenizer.
TOKENIZER_WEIGHTS = (
    PieceCounts(words=1, digits=0.5, marks=1, han=0.7, other=1),
    PieceCounts(words=1, digits=1, marks=1, han=0.7, other=1),
    PieceCounts(words=1, digits=1, marks=1, han=1.9, other=1),
)
MIN_CHINESE_SHARE = 0.2  # of the characters; Chinese support text is full of Latin product names
QUANTILES = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)  # of the rows


@dataclass
class _LengthGroup:
    """Rows of equal weight, and the sums of their pieces."""

    rows: int = 0
    words: float = 0
    digits: float = 0
    marks: float = 0
    han: float = 0
    other: float = 0

    def add(self, pieces: PieceCounts) -> None:
        self.rows += 1
        self.words += pieces.words
        self.digits += pieces.digits
        self.marks += pieces.marks
        self.han += pieces.han
        self.other += pieces.other

    @property
    def mean(self) -> PieceCounts:
        """The pieces of one row, rounded up."""
        sums = (self.words, self.digits, self.marks, self.han, self.other)
        return PieceCounts(*(ceil(one / self.rows) for one in sums))


@dataclass
class LengthStats:
    """Counts the inputs of any number of rows in memory that does not grow with the rows."""

    characters: Counter[int] = field(default_factory=Counter)
    chinese: int = 0  # characters, of all rows
    _groups: tuple[dict[int, _LengthGroup], ...] = field(
        default_factory=lambda: tuple({} for _ in TOKENIZER_WEIGHTS)
    )

    def add(self, text: str) -> None:
        """Count one input."""
        pieces = count_pieces(text)
        self.characters[len(text)] += 1
        self.chinese += int(pieces.han)
        for groups, weights in zip(self._groups, TOKENIZER_WEIGHTS, strict=True):
            weight = ceil(pieces.weigh(weights))
            if weight not in groups:
                groups[weight] = _LengthGroup()
            groups[weight].add(pieces)

    def chinese_share(self) -> float:
        """The share of all characters that is Chinese."""
        total = sum(length * rows for length, rows in self.characters.items())
        return self.chinese / total if total else 0.0

    def detect_language(self) -> Language:
        """The language that most of the text is in."""
        return "zh" if self.chinese_share() > MIN_CHINESE_SHARE else "en"

    def summarize(self) -> InputLengths:
        """Quantiles of the lengths."""
        median, p95 = (_get_quantile(self.characters, share) for share in (0.5, 0.95))
        found = dict.fromkeys(
            LengthQuantile(share, groups[_get_quantile(rows, share)].mean)
            for share in QUANTILES
            for groups in self._groups
            for rows in [{weight: group.rows for weight, group in groups.items()}]
        )
        return InputLengths(median, p95, max(self.characters), tuple(found))


def _get_quantile(rows: dict[int, int], share: float) -> int:
    """The length that this share of the rows does not exceed; rows by length."""
    ordered = sorted(rows)
    passed = list(accumulate(rows[length] for length in ordered))
    return ordered[bisect_left(passed, passed[-1] * share)]
