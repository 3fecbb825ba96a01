"""The generator of the matrix: every two values that may meet do so, in few cases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from support.pairwise import Case, choose_each, choose_of_each, choose_pairwise

AXES = st.dictionaries(
    st.sampled_from("abcdef"), st.integers(1, 5).map(lambda n: list("12345"[:n])), min_size=2
)
# two values that rule each other out
BANS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("12345")).flatmap(
        lambda one: st.tuples(
            st.just(one), st.tuples(st.sampled_from("abcdef"), st.sampled_from("12345"))
        )
    ),
    max_size=6,
)


def holds(case: Case, *values: tuple[str, str]) -> bool:
    """Whether the case has each of these values on its axis."""
    return all(case.get(axis) == value for axis, value in values)


@given(AXES, BANS)
def test_every_two_values_meet_unless_no_allowed_case_has_both(
    axes: dict[str, Sequence[str]], bans: list[tuple[tuple[str, str], tuple[str, str]]]
) -> None:
    def allows(case: Case) -> bool:
        return not any(holds(case, *ban) for ban in bans)

    cases = choose_pairwise(axes, allows)
    assert all(list(case) == list(axes) and allows(case) for case in cases)
    possible = [
        case
        for values in product(*axes.values())
        if allows(case := dict(zip(axes, values, strict=True)))
    ]
    for one, other in combinations(axes, 2):
        met = {(case[one], case[other]) for case in cases}
        assert met == {(case[one], case[other]) for case in possible}


@given(AXES, BANS)
def test_every_value_occurs_unless_no_allowed_case_has_it(
    axes: dict[str, Sequence[str]], bans: list[tuple[tuple[str, str], tuple[str, str]]]
) -> None:
    def allows(case: Case) -> bool:
        return not any(holds(case, *ban) for ban in bans)

    cases = choose_each(axes, allows)
    assert all(list(case) == list(axes) and allows(case) for case in cases)
    possible = [
        case
        for values in product(*axes.values())
        if allows(case := dict(zip(axes, values, strict=True)))
    ]
    for axis in axes:
        assert {case[axis] for case in cases} == {case[axis] for case in possible}
    assert len(cases) <= max(1, sum(len(values) for values in axes.values()))


@given(AXES, BANS)
def test_of_each_value_of_an_axis_there_is_one_case_unless_none_is_allowed(
    axes: dict[str, Sequence[str]], bans: list[tuple[tuple[str, str], tuple[str, str]]]
) -> None:
    def allows(case: Case) -> bool:
        return not any(holds(case, *ban) for ban in bans)

    axis = next(iter(axes))
    cases = choose_of_each(axis, axes, allows)
    assert all(list(case) == list(axes) and allows(case) for case in cases)
    possible = [
        case
        for values in product(*axes.values())
        if allows(case := dict(zip(axes, values, strict=True)))
    ]
    assert [case[axis] for case in cases] == [
        value for value in axes[axis] if any(case[axis] == value for case in possible)
    ]


@given(st.integers(2, 20), st.integers(2, 20), st.integers(0, 4))
def test_the_cases_are_hardly_more_than_the_two_longest_axes_need(
    long: int, second: int, short: int
) -> None:
    axes = {"long": range(long), "second": range(second)} | {
        f"short {number}": range(2) for number in range(short)
    }
    cases = choose_pairwise(
        {axis: list(map(str, values)) for axis, values in axes.items()}, lambda _: True
    )
    assert long * second <= len(cases) <= long * second + 2 * short
