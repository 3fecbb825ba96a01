"""Choose few cases out of many, so that every value, or every two values, occur in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

Axes = Mapping[str, Sequence[str]]
Case = Mapping[str, str]  # a value for every axis, or for some of them
Group = frozenset[tuple[str, str]]  # values of different axes that occur in one case


def choose_pairwise(axes: Axes, allows: Callable[[Case], bool]) -> list[Case]:
    """The cases in which every two values of different axes meet, unless no case may hold both.

    `allows` also judges cases that lack some axes: it is false only where the values that are there
    rule the case out. The number of cases grows as the product of the two longest axes, however
    many axes there are.
    """
    return _choose_cases(axes, allows, together=2)


def choose_each(axes: Axes, allows: Callable[[Case], bool]) -> list[Case]:
    """The cases in which every value of every axis occurs, unless no case may hold it.

    There are hardly more of them than the longest axis has values.
    """
    return _choose_cases(axes, allows, together=1)


def choose_of_each(axis: str, axes: Axes, allows: Callable[[Case], bool]) -> list[Case]:
    """A case of each value of an axis: together all other values, then many pairs of them."""
    names = sorted(axes.keys() - {axis}, key=lambda name: (-len(axes[name]), name))
    others = {name: axes[name] for name in names}
    uncovered = dict.fromkeys([*_list_groups(others, 1), *_list_groups(others, 2)])
    cases = []
    for value in axes[axis]:
        begun = ({axis: value, **dict(group)} for group in (*uncovered, frozenset()))
        completed = (_complete(case, axes, allows, uncovered) for case in begun)
        if case := next(filter(None, completed), None):
            cases.append({each: case[each] for each in axes})
            for together in (1, 2):
                for met in map(frozenset, combinations(case.items(), together)):
                    uncovered.pop(met, None)
    return cases


def _choose_cases(axes: Axes, allows: Callable[[Case], bool], *, together: int) -> list[Case]:
    longest_first = sorted(axes, key=lambda axis: len(axes[axis]), reverse=True)
    groups = _list_groups({axis: axes[axis] for axis in longest_first}, together)
    uncovered = dict.fromkeys(groups)
    cases = []
    while uncovered:
        case = _complete(dict(next(iter(uncovered))), axes, allows, uncovered)
        uncovered.pop(next(iter(uncovered)))
        for met in map(frozenset, combinations((case or {}).items(), together)):
            uncovered.pop(met, None)
        cases += [{axis: case[axis] for axis in axes}] if case else []
    return cases


def _complete(
    case: Case, axes: Axes, allows: Callable[[Case], bool], uncovered: Mapping[Group, None]
) -> Case | None:
    """The case with a value on every axis; None where no allowed case holds its values."""
    if not allows(case):
        return None
    missing = [axis for axis in axes if axis not in case]
    if not missing:
        return case
    axis = max(missing, key=lambda axis: len(axes[axis]))

    def count_new_groups(value: str) -> int:
        alone = frozenset({(axis, value)}) in uncovered
        return alone + sum(frozenset({(axis, value), other}) in uncovered for other in case.items())

    for value in sorted(axes[axis], key=count_new_groups, reverse=True):
        if found := _complete({**case, axis: value}, axes, allows, uncovered):
            return found
    return None


def _list_groups(axes: Axes, together: int) -> Iterator[Group]:
    for chosen in combinations(axes, together):
        for values in product(*(axes[axis] for axis in chosen)):
            yield frozenset(zip(chosen, values, strict=True))
