"""What the columns of a table are for, where no single one holds the text that is asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newft.columns import Column, is_named
from newft.entries import Field

SURE = 0.98  # of a label, from one column alone: no honest input says that much
FEWEST_SHOWN = 30  # rows in which a value must come back, before it can give a label away


@dataclass(frozen=True)
class Uses:
    """The columns of one file by what they are for, each in the file's order."""

    inputs: tuple[str, ...]
    protected: tuple[str, ...]
    excluded: tuple[str, ...]
    revealing: tuple[str, ...]  # each of them gives the label away


def uses(
    columns: Mapping[str, Column],
    values: Mapping[str, Sequence[str]],
    *,
    fields: Mapping[str, Field],
    label: str,
    taken: Sequence[str],
) -> Uses:
    """How the columns that no other field took are used; `values` are those of the first rows."""
    free = [name for name in columns if name not in taken]
    protected = [name for name in free if _is(name, "protected", fields)]
    excluded = [
        name
        for name in free
        if name not in protected
        and (_is(name, "excluded", fields) or columns[name].is_id or columns[name].filled == 0)
    ]
    rest = [name for name in free if name not in (*protected, *excluded)]
    revealing = [name for name in rest if gives_away(values[name], values[label])]
    return Uses(
        inputs=tuple(name for name in rest if name not in revealing),
        protected=tuple(protected),
        excluded=tuple(excluded),
        revealing=tuple(revealing),
    )


def _is(name: str, role: str, fields: Mapping[str, Field]) -> bool:
    return any(is_named(name, field) for field in fields.values() if field.role == role)


def gives_away(values: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether the values of one column name the label of nearly every row by themselves.

    Counted over values that come back, and only where the labels are not one-sided anyway; numbers
    are also tried as a threshold between two labels.
    """
    pairs = [(value, label) for value, label in zip(values, labels, strict=True) if value and label]
    return _named_by_values(pairs) or _named_by_threshold(pairs)


def _named_by_values(pairs: Sequence[tuple[str, str]]) -> bool:
    by_value: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, label in pairs:
        by_value[value][label] += 1
    repeated = [counts for counts in by_value.values() if counts.total() > 1]
    shown = sum(counts.total() for counts in repeated)
    if shown < max(FEWEST_SHOWN, len(pairs) / 2):
        return False
    every: Counter[str] = sum(repeated, Counter())
    right = sum(max(counts.values()) for counts in repeated)
    return right / shown >= SURE > max(every.values()) / shown


def _named_by_threshold(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a number separates two labels: the area under its ROC curve is near 0 or 1."""
    labels = sorted({label for _, label in pairs})
    numbers = [(_number(value), label) for value, label in pairs]
    known = [(number, label) for number, label in numbers if number is not None]
    if len(labels) != 2 or len(known) < max(FEWEST_SHOWN, len(pairs) / 2):
        return False
    ranks = _mean_ranks([number for number, _ in known])
    ups = [rank for rank, (_, label) in zip(ranks, known, strict=True) if label == labels[1]]
    many, others = len(ups), len(known) - len(ups)
    if not many or not others:
        return False
    area = (sum(ups) - many * (many + 1) / 2) / (many * others)
    return max(area, 1 - area) >= SURE


def _number(value: str) -> float | None:
    try:
        return float(value.replace(",", "").rstrip("%"))
    except ValueError:
        return None


def _mean_ranks(numbers: Sequence[float]) -> list[float]:
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
