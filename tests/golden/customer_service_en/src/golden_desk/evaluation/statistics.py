"""Confidence intervals and paired tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Statistic = Callable[..., float]
LabelArray = NDArray[np.int64]

NUM_RESAMPLES = 2_000  # the ends of a 95 % interval then rest on 50 resamples each
SIGNIFICANCE_LEVEL = 0.05


class Metric(NamedTuple):
    """A measured value with its 95 % interval, if it has one, and the number of rows."""

    value: float
    low: float | None
    high: float | None
    n: int


class Comparison(NamedTuple):
    """The difference between two sets of predictions for the same rows."""

    against: str
    difference: float
    low: float
    high: float
    p: float
    verdict: Literal["better", "worse", "no evidence"]


def proportion(right: NDArray[np.bool_]) -> Metric:
    """A share of rows with its Wilson interval, which is also valid near 0 and 1."""
    n = len(right)
    interval = binomtest(int(right.sum()), n).proportion_ci(method="wilson")
    return Metric(float(right.mean()), float(interval.low), float(interval.high), n)


def bootstrap(statistic: Statistic, *columns: LabelArray, seed: int) -> Metric:
    """A statistic with its percentile bootstrap interval."""
    n = len(columns[0])
    low, high = np.quantile(_resample(statistic, columns, seed), [0.025, 0.975])
    return Metric(float(statistic(*columns)), float(low), float(high), n)


def paired_bootstrap(
    statistic: Statistic,
    gold: LabelArray,
    ours: LabelArray,
    theirs: LabelArray,
    *,
    against: str,
    seed: int,
) -> Comparison:
    """The paired difference of a statistic, by bootstrap over rows."""

    def difference(gold: LabelArray, ours: LabelArray, theirs: LabelArray) -> float:
        return statistic(gold, ours) - statistic(gold, theirs)

    drawn = _resample(difference, (gold, ours, theirs), seed)
    low, high = np.quantile(drawn, [0.025, 0.975])
    # two-sided, and never 0, because the data itself counts as one resample
    tail = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = min(1.0, 2 * (tail + 1) / (NUM_RESAMPLES + 1))
    observed = difference(gold, ours, theirs)
    return Comparison(
        against, observed, float(low), float(high), float(p), _choose_verdict(observed, p)
    )


def mcnemar(
    ours: NDArray[np.bool_], theirs: NDArray[np.bool_], *, against: str, seed: int
) -> Comparison:
    """The paired difference of two shares: exact McNemar test, bootstrap interval."""
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    p = binomtest(min(gained, lost), gained + lost).pvalue if gained + lost else 1.0
    drawn = _resample(lambda delta: delta.mean(), (ours.astype(float) - theirs,), seed)
    low, high = np.quantile(drawn, [0.025, 0.975])
    difference = float(ours.mean() - theirs.mean())
    return Comparison(
        against, difference, float(low), float(high), float(p), _choose_verdict(difference, p)
    )


def format_metric(metric: Metric | None) -> str:
    """A value for people, with its interval if it has one."""
    if metric is None:
        return "-"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} {metric.low:.2f}-{metric.high:.2f}"


def _resample(
    statistic: Statistic, columns: tuple[NDArray[Any], ...], seed: int
) -> NDArray[np.float64]:
    chance = np.random.default_rng(seed)
    n = len(columns[0])
    draws = chance.integers(0, n, size=(NUM_RESAMPLES, n))
    return np.array([statistic(*(column[draw] for column in columns)) for draw in draws])


def _choose_verdict(difference: float, p: float) -> Literal["better", "worse", "no evidence"]:
    if p >= SIGNIFICANCE_LEVEL or difference == 0:
        return "no evidence"
    return "better" if difference > 0 else "worse"
