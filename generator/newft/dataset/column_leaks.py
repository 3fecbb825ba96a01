"""Find columns that leak the label: known only after it, or derived from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from newft.dataset.quantity_columns import read_column
from newft.emitted.normalize import MISSING_VALUE_PATTERN, is_missing
from newft.text import Text

# Measured in twelve tables, public ones among them: the column that predicts the label best avoids
# 0.67 of the errors (X9 of UCI dataset 27), and the highest ROC AUC is 0.81. A column that predicts
# more is left out, or shown with a warning.
LEAK_ACCURACY = 0.95
LEAK_ERROR_REDUCTION = 0.8
LEAK_AUC = 0.98
SUSPECT_ERROR_REDUCTION = 0.75
SUSPECT_ERROR_REDUCTION_IF_ACCURATE = 0.5  # at LEAK_ACCURACY, where most rows have one label
SUSPECT_AUC = 0.95
MIN_REPEATED_ROWS = 30  # rows with repeated values before we call it leakage
NEIGHBOURS_PER_SIDE = 2  # among the sorted numbers
SHUFFLE_SEED = 0  # the same rows give the same figures


class LabelPredictability(NamedTuple):
    """How well one column predicts the label of a row from all other rows."""

    accuracy: float
    majority: float  # share of the most frequent label
    auc: float = 0.5  # of a number for two labels; at least 0.5

    @property
    def error_reduction(self) -> float:
        """The share of the majority label's errors that the column avoids."""
        if self.majority == 1:
            return 0.0
        return max(0.0, (self.accuracy - self.majority) / (1 - self.majority))

    @property
    def is_leak(self) -> bool:
        """Whether the column predicts the label of nearly every row."""
        accurate = self.accuracy >= LEAK_ACCURACY
        return (accurate and self.error_reduction >= LEAK_ERROR_REDUCTION) or self.auc >= LEAK_AUC

    @property
    def is_at_least_suspect(self) -> bool:
        """Whether the column predicts more than the inputs of a decision usually do."""
        return self._is_accurate or self.auc >= SUSPECT_AUC

    @property
    def _is_accurate(self) -> bool:
        least = SUSPECT_ERROR_REDUCTION
        if self.accuracy >= LEAK_ACCURACY:
            least = SUSPECT_ERROR_REDUCTION_IF_ACCURATE
        return self.error_reduction >= least

    @property
    def figures(self) -> Text:
        """The figures that show it."""
        if self._is_accurate:
            return Text(
                f"right in {self.accuracy:.0%} of rows, against {self.majority:.0%} for the most "
                "frequent label",
                f"{self.accuracy:.0%} 的行仅凭该列就能猜中，只猜最常见标签为 {self.majority:.0%}",
            )
        return Text(f"AUC {self.auc:.2f} by itself", f"单列 AUC {self.auc:.2f}")


def measure_predictability(pairs: Sequence[tuple[str, str]]) -> LabelPredictability:
    """Measure how well the values of a column predict the labels of their rows.

    Each row is predicted from the others: by rows with the same value, by whether there is a value
    at all, and where values are numbers, by the nearest ones and by a threshold. An empty cell is
    a value too: an amount that is known only after the label is empty in all other rows.
    """
    known = [(value, label) for value, label in pairs if label]
    filled = [(value, label) for value, label in known if value]
    present = [(str(is_missing(value, MISSING_VALUE_PATTERN)), label) for value, label in known]
    read = read_column([value for value, _ in filled])
    numbers = [(one.value, label) for one, (_, label) in zip(read, filled, strict=True) if one]
    found = [_predict_by_value(each, len(each)) for each in (filled, known, present)]
    if len(numbers) >= max(MIN_REPEATED_ROWS, len(filled) / 2):
        found += [_predict_by_neighbours(numbers), LabelPredictability(0, 1, _compute_auc(numbers))]
    best = max(found, key=lambda one: (one.is_leak, one.error_reduction))
    return best._replace(auc=max(one.auc for one in found))


def _predict_by_value(pairs: Sequence[tuple[str, str]], rows: int) -> LabelPredictability:
    """Predict the most frequent label of the other rows with the same value, if it repeats."""
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
    """Predict by the nearest numbers, which finds thresholds between any number of labels.

    Equal numbers are shuffled: the order of a file that is sorted by label would leak the label.
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
    """Compute the ROC AUC of a number for two labels; 0.5 for any other number of labels."""
    labels = sorted({label for _, label in numbers})
    if len(labels) != 2:
        return 0.5
    ranks = _rank_with_ties([number for number, _ in numbers])
    ups = [rank for rank, (_, label) in zip(ranks, numbers, strict=True) if label == labels[1]]
    many, others = len(ups), len(numbers) - len(ups)
    area = (sum(ups) - many * (many + 1) / 2) / (many * others)
    return max(area, 1 - area)


def _rank_with_ties(numbers: Sequence[float]) -> list[float]:
    """Rank the numbers from 1; equal numbers share their mean rank."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks = [0.0] * len(numbers)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or numbers[order[end]] != numbers[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + 1 + end) / 2
            start = end
    return ranks
