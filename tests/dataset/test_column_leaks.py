"""Columns that tell the label: planted at known rates, beside columns that say what is usual."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.column_leaks import LabelPredictability, measure_predictability

ROWS = 1000
Pair = tuple[str, str]


def labels_of(shares: dict[str, float], seed: int) -> list[str]:
    return random.Random(seed).choices(list(shares), list(shares.values()), k=ROWS)


def copied(labels: list[str], agreeing: float, seed: int) -> list[Pair]:
    """A column that names the label in a share of the rows, and any label in the others."""
    chance, known = random.Random(seed), sorted({*labels})
    return [
        (f"v{known.index(label if chance.random() < agreeing else chance.choice(known))}", label)
        for label in labels
    ]


def scored(labels: list[str], noise: float, seed: int) -> list[Pair]:
    """A number by which the labels are cut into ranges, with some rows in a wrong one."""
    chance, known = random.Random(seed), sorted({*labels})
    return [
        (f"{known.index(label) + chance.random() + chance.gauss(0, noise):.4f}", label)
        for label in labels
    ]


EVEN, SKEWED = {"a": 0.5, "b": 0.5}, {"good": 0.9, "bad": 0.1}
GRADES = {"A": 0.3, "B": 0.3, "C": 0.25, "D": 0.15}


@pytest.mark.parametrize("shares", [EVEN, SKEWED, GRADES], ids=["even", "skewed", "grades"])
@pytest.mark.parametrize("seed", range(5))
def test_a_column_that_agrees_with_97_percent_of_the_labels_is_told(
    shares: dict[str, float], seed: int
) -> None:
    labels = labels_of(shares, seed)
    others = 1 - 1 / len(shares)  # of the rows given any label, so many have a wrong one
    found = measure_predictability(copied(labels, 1 - 0.03 / others, seed + 100))
    assert 0.95 < found.accuracy < 0.99
    # where nine of ten rows have one label, 97 % is less to know, and is shown with a warning
    assert found.is_at_least_suspect if shares is SKEWED else found.is_leak


@pytest.mark.parametrize("shares", [EVEN, GRADES], ids=["even", "grades"])
@pytest.mark.parametrize("seed", range(5))
def test_a_number_that_cuts_the_labels_is_told(shares: dict[str, float], seed: int) -> None:
    labels = labels_of(shares, seed)
    assert measure_predictability(scored(labels, 0.01, seed + 200)).is_leak


@pytest.mark.parametrize("make", [copied, scored], ids=["value", "number"])
@pytest.mark.parametrize("shares", [EVEN, SKEWED, GRADES], ids=["even", "skewed", "grades"])
@pytest.mark.parametrize("seed", range(5))
def test_what_an_honest_input_says_is_not(
    make: Callable[[list[str], float, int], list[Pair]], shares: dict[str, float], seed: int
) -> None:
    labels = labels_of(shares, seed)
    found = measure_predictability(make(labels, 0.6 if make is copied else 1.5, seed + 300))
    assert not found.is_leak
    assert not found.is_at_least_suspect


@given(st.lists(st.sampled_from("abcdef"), min_size=ROWS // 10, max_size=ROWS // 10), st.randoms())
def test_values_of_a_few_rows_each_tell_nothing(labels: list[str], chance: random.Random) -> None:
    pairs = [(f"name {chance.randrange(50)}", label) for label in labels]
    assert not measure_predictability(pairs).is_leak or len({*labels}) == 1


def test_the_figures_say_what_the_column_adds() -> None:
    assert LabelPredictability(0.97, 0.6).figures.en == (
        "right in 97% of rows, against 60% for the most frequent label"
    )
    assert LabelPredictability(0.6, 0.6, 0.991).figures.en == "AUC 0.99 by itself"
    assert LabelPredictability(1.0, 1.0).error_reduction == 0.0
