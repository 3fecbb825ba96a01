"""Intervals and tests agree with known figures."""

from __future__ import annotations

import numpy as np
import pytest

from package_name.evaluation.statistics import (
    bootstrap,
    mcnemar,
    paired_bootstrap,
    proportion,
)


def right(correct: int, of: int) -> np.ndarray:
    return np.arange(of) < correct


def test_the_interval_of_a_rate_is_wilsons() -> None:
    metric = proportion(right(81, 263))  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (metric.low, metric.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert proportion(right(0, 20)).low == 0.0


def test_three_against_fourteen_discordant_rows_is_significant() -> None:
    ours, theirs = np.zeros(100, bool), np.zeros(100, bool)
    ours[:14], theirs[14:17] = True, True
    comparison = mcnemar(ours, theirs, against="base", seed=0)
    assert comparison.p == pytest.approx(0.0127, abs=1e-4)  # exact binomial, 3 of 17
    assert (comparison.difference, comparison.verdict) == (pytest.approx(0.11), "better")


def test_no_difference_is_no_evidence() -> None:
    same = right(50, 100)
    assert mcnemar(same, same, against="base", seed=0).verdict == "no evidence"


def test_a_bootstrap_interval_holds_its_value_and_repeats() -> None:
    values = np.arange(50) % 7
    metric = bootstrap(lambda column: float(column.mean()), values, seed=3)
    assert metric.low < metric.value < metric.high
    assert metric == bootstrap(lambda column: float(column.mean()), values, seed=3)


def test_a_bootstrap_comparison_tells_a_gain_from_none() -> None:
    gold = np.zeros(60, int)
    ours, theirs = np.arange(60) % 10 // 9, np.arange(60) % 2
    gain = paired_bootstrap(share_right, gold, ours, theirs, against="base", seed=0)
    assert (gain.difference, gain.verdict) == (pytest.approx(0.4), "better")
    loss = paired_bootstrap(share_right, gold, theirs, ours, against="base", seed=0)
    assert loss.verdict == "worse"
    same = paired_bootstrap(share_right, gold, ours, ours, against="base", seed=0)
    assert (same.p, same.verdict) == (1.0, "no evidence")


def share_right(gold: np.ndarray, given: np.ndarray) -> float:
    return float((gold == given).mean())
