"""Columns that tell the label of a row by themselves: known only after it, or made from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from newft.emitted.normalize import MISSING_VALUE, is_missing
from newft.emitted.quantities import read_column
from newft.text import Text

# Measured in twelve tables, public ones among them: the column that says most of the label avoids
# 0.67 of the errors (X9 of UCI dataset 27), and the highest area under an ROC
# curve is 0.81. What tells more is kept out, or shown with a warning.
LEAK_ACCURACY, LEAK_ERROR_REDUCTION = 0.95, 0.8
SUSPECT_ERROR_REDUCTION = 0.75
SUSPECT_ERROR_REDUCTION_IF_ACCURATE = (
    0.5  # where nearly every row is told, and most have one label anyway
)
LEAK_AUC, SUSPECT_AUC = 0.98, 0.95
MIN_REPEATED_ROWS = 30  # with a value that other rows have too, before it can tell the label
NEIGHBOURS_PER_SIDE = 2  # on each side, among numbers in order
SHUFFLE_SEED = 0  # the same rows give the same figures


class LabelPredictability(NamedTuple):
    """How far one column tells the label of a row, when all other rows are known."""

    share: float  # of the rows, whose label it tells
    usual: float  # share of the most frequent label
    area: float = 0.5  # under the ROC curve of a number, of two labels; folded above 0.5

    @property
    def gain(self) -> float:
        """The share of the errors of always naming the most frequent label that it avoids."""
        return max(0.0, (self.share - self.usual) / (1 - self.usual)) if self.usual < 1 else 0.0

    @property
    def is_leak(self) -> bool:
        """Whether the column tells the label of nearly every row."""
        named = self.share >= LEAK_ACCURACY and self.gain >= LEAK_ERROR_REDUCTION
        return named or self.area >= LEAK_AUC

    @property
    def is_suspect(self) -> bool:
        """Whether the column tells more than the inputs of a decision usually do."""
        return self._is_named or self.area >= SUSPECT_AUC

    @property
    def _is_named(self) -> bool:
        many = self.share >= LEAK_ACCURACY and self.gain >= SUSPECT_ERROR_REDUCTION_IF_ACCURATE
        return many or self.gain >= SUSPECT_ERROR_REDUCTION

    @property
    def figures(self) -> Text:
        """The figures that say so."""
        if self._is_named:
            return Text(
                f"right in {self.share:.0%} of rows, against {self.usual:.0%} for the most "
                "frequent label",
                f"{self.share:.0%} 的行仅凭该列就能猜中，只猜最常见标签为 {self.usual:.0%}",
            )
        return Text(f"AUC {self.area:.2f} by itself", f"单列 AUC {self.area:.2f}")


def measure_predictability(pairs: Sequence[tuple[str, str]]) -> LabelPredictability:
    """How far the values of a column tell the labels beside them.

    Each row is predicted from the others: by those of the same value, by whether there is a value
    at all, and where values are numbers, by the nearest ones and by a threshold. An empty cell is
    a value too: an amount that is known only after the label is empty in all other rows.
    """
    known = [(value, label) for value, label in pairs if label]
    filled = [(value, label) for value, label in known if value]
    present = [(str(is_missing(value, MISSING_VALUE)), label) for value, label in known]
    read = read_column([value for value, _ in filled])
    numbers = [(one.value, label) for one, (_, label) in zip(read, filled, strict=True) if one]
    found = [_predict_by_value(each, len(each)) for each in (filled, known, present)]
    if len(numbers) >= max(MIN_REPEATED_ROWS, len(filled) / 2):
        found += [_predict_by_neighbours(numbers), LabelPredictability(0, 1, _compute_auc(numbers))]
    best = max(found, key=lambda agreement: (agreement.is_leak, agreement.gain))
    return best._replace(area=max(agreement.area for agreement in found))


def _predict_by_value(pairs: Sequence[tuple[str, str]], rows: int) -> LabelPredictability:
    """By the most frequent label of the other rows with the same value; of repeated values only."""
    by_value: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, label in pairs:
        by_value[value][label] += 1
    repeated = [counts for counts in by_value.values() if counts.total() > 1]
    if sum(counts.total() for counts in repeated) < max(MIN_REPEATED_ROWS, rows / 2):
        return LabelPredictability(0, 1)
    right = 0
    for counts in repeated:
        (_, most), (_, second) = (*counts.most_common(2), ("", 0))[:2]
        right += most if most - 1 > second else 0
    return _make_predictability(right, sum(repeated, Counter()))


def _predict_by_neighbours(numbers: Sequence[tuple[float, str]]) -> LabelPredictability:
    """By most of the nearest numbers: it finds thresholds between any number of labels.

    Equal numbers are put in a random order: that of a file sorted by label would tell the label.
    """
    shuffled = Random(SHUFFLE_SEED).sample(numbers, len(numbers))
    labels = [label for _, label in sorted(shuffled, key=lambda pair: pair[0])]
    right = 0
    for at, label in enumerate(labels):
        near = (
            labels[max(0, at - NEIGHBOURS_PER_SIDE) : at]
            + labels[at + 1 : at + 1 + NEIGHBOURS_PER_SIDE]
        )
        right += near.count(label) > len(near) / 2
    return _make_predictability(right, Counter(labels))


def _make_predictability(right: int, labels: Counter[str]) -> LabelPredictability:
    return LabelPredictability(right / labels.total(), max(labels.values()) / labels.total())


def _compute_auc(numbers: Sequence[tuple[float, str]]) -> float:
    """The area under the ROC curve of a number that should tell two labels apart."""
    labels = sorted({label for _, label in numbers})
    if len(labels) != 2:
        return 0.5
    ranks = _rank_with_ties([number for number, _ in numbers])
    ups = [rank for rank, (_, label) in zip(ranks, numbers, strict=True) if label == labels[1]]
    many, others = len(ups), len(numbers) - len(ups)
    area = (sum(ups) - many * (many + 1) / 2) / (many * others)
    return max(area, 1 - area)


def _rank_with_ties(numbers: Sequence[float]) -> list[float]:
    """The rank of each number from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks = [0.0] * len(numbers)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or numbers[order[end]] != numbers[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + 1 + end) / 2
            start = end
    return ranks
