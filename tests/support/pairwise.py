"""Choose few cases out of many, so that every two values meet in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

Axes = Mapping[str, Sequence[str]]
Case = Mapping[str, str]  # a value for every axis, or for some of them
Pair = frozenset[tuple[str, str]]


def choose_pairwise(axes: Axes, allows: Callable[[Case], bool]) -> list[Case]:
    """The cases in which every two values of different axes meet, unless no case may hold both.

    `allows` also judges cases that lack some axes: it is false only where the values that are there
    rule the case out. The number of cases grows as the product of the two longest axes, however
    many axes there are.
    """
    longest_first = sorted(axes, key=lambda axis: len(axes[axis]), reverse=True)
    uncovered = dict.fromkeys(_list_pairs({axis: axes[axis] for axis in longest_first}))
    cases = []
    while uncovered:
        case = _complete(dict(next(iter(uncovered))), axes, allows, uncovered)
        uncovered.pop(next(iter(uncovered)))
        for met in _list_met_pairs(case or {}):
            uncovered.pop(met, None)
        cases += [{axis: case[axis] for axis in axes}] if case else []
    return cases


def _complete(
    case: Case, axes: Axes, allows: Callable[[Case], bool], uncovered: Mapping[Pair, None]
) -> Case | None:
    """The case with a value on every axis; None where no allowed case holds its values."""
    if not allows(case):
        return None
    missing = [axis for axis in axes if axis not in case]
    if not missing:
        return case
    axis = max(missing, key=lambda axis: len(axes[axis]))

    def count_new_pairs(value: str) -> int:
        return sum(frozenset({(axis, value), other}) in uncovered for other in case.items())

    for value in sorted(axes[axis], key=count_new_pairs, reverse=True):
        if found := _complete({**case, axis: value}, axes, allows, uncovered):
            return found
    return None


def _list_pairs(axes: Axes) -> Iterator[Pair]:
    for one, other in combinations(axes, 2):
        for value, other_value in product(axes[one], axes[other]):
            yield frozenset({(one, value), (other, other_value)})


def _list_met_pairs(case: Case) -> Iterator[Pair]:
    return map(frozenset, combinations(case.items(), 2))
