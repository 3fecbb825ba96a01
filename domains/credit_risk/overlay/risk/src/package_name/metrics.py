"""What counts in risk grading: how well the probability of the risk ranks, and whether it is true.

The score of a row is the summed probability of task.positive among all levels, from the likelihood
of the candidates; only accuracy and recommendation_accuracy use the generated text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from .evaluation.predictions import Predictions, label_indices
from .evaluation.statistics import (
    Comparison,
    LabelArray,
    Metric,
    Statistic,
    bootstrap,
    mcnemar,
    paired_bootstrap,
    proportion,
)
from .runtime.messages import fill
from .task import TaskConfig

PRIMARY_METRICS = ("auc",)  # tuning pays where it is better in this
LEGEND = fill(
    """\
auc, ks, brier, calibration_error: computed from the probability of
task.positive; auc and ks are not defined (-, n/a) if all rows or none have it
ks: one-sided, max(TPR - FPR); 0 if the score ranks in reverse
calibration_error: mean difference between that probability and the share of
task.positive, in bins of at least 25 rows; a perfectly calibrated model has .13
or more in one of 25 evaluations of 50 rows, .09 of 250, .065 of 500
ks and calibration_error have no interval, since the bootstrap is biased upward"""
)
# the share of bad rows in a bin is known to a standard error of .1, at .5: sqrt(.25 / 25); smaller
# bins find an error where there is none (Roelofs et al. 2022, https://arxiv.org/abs/2012.08668)
MIN_BIN_ROWS = 25
MAX_BINS = 10  # at most, of equally many rows: as reliability diagrams are commonly drawn

Scores = NDArray[np.float64]
BoolLabels = NDArray[np.bool_]


def compute_metrics(
    gold: Sequence[str], answers: Predictions, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering."""
    bad, score = is_positive(gold, task), positive_probability(answers, task)
    metrics: dict[str, Metric] = {}
    if has_both_classes(bad):
        metrics["auc"] = bootstrap(auc, bad, score, seed=seed)
        metrics["ks"] = measure_point(ks, bad, score)
    metrics["brier"] = bootstrap(brier, bad, score, seed=seed)
    metrics["calibration_error"] = measure_point(calibration_error, bad, score)
    metrics["accuracy"] = proportion(
        level_indices(gold, task) == level_indices(answers.parsed, task)
    )
    if task.recommendations:
        right = _recommendation_indices(gold, task) == _recommendation_indices(answers.parsed, task)
        metrics["recommendation_accuracy"] = proportion(right)
    return metrics


def compare_predictions(
    gold: Sequence[str],
    ours: Predictions,
    theirs: Predictions,
    task: TaskConfig,
    *,
    against: str,
    seed: int,
) -> dict[str, Comparison]:
    """The paired tests of two ways of answering on the same rows."""
    bad = is_positive(gold, task)
    scores = positive_probability(ours, task), positive_probability(theirs, task)
    right = [
        level_indices(gold, task) == level_indices(given.parsed, task) for given in (ours, theirs)
    ]
    ranking = {"auc": auc, "ks": ks} if has_both_classes(bad) else {}
    return {
        name: paired_bootstrap(statistic, bad, *scores, against=against, seed=seed)
        for name, statistic in ranking.items()
    } | {"accuracy": mcnemar(*right, against=against, seed=seed)}


def score_rows(answers: Predictions, task: TaskConfig) -> Scores:
    """The score of each row, for evaluation.json: the summed probability of task.positive."""
    return positive_probability(answers, task)


def is_positive(gold: Sequence[str], task: TaskConfig) -> BoolLabels:
    """Which rows have one of the levels that are the risk."""
    return np.isin(level_indices(gold, task), [task.labels.index(one) for one in task.positive])


def has_both_classes(bad: BoolLabels) -> bool:
    """Whether there are rows of both kinds, without which nothing is ranked."""
    return bool(bad.any() and not bad.all())


def positive_probability(answers: Predictions, task: TaskConfig) -> Scores:
    """The probability of the risk: of all candidates that say so."""
    assert answers.probabilities is not None
    says_so = [get_line(candidate, 0) in task.positive for candidate in answers.candidates]
    return answers.probabilities[:, says_so].sum(axis=1)


def auc(bad: BoolLabels, score: Scores) -> float:
    """The chance that a bad row scores higher than a good one; ties count half."""
    many, others = bad.sum(), (~bad).sum()
    if not many or not others:
        return 0.5  # of a resample without one of the two, nothing can be said
    return float((rankdata(score)[bad].sum() - many * (many + 1) / 2) / (many * others))


def ks(bad: BoolLabels, score: Scores) -> float:
    """The largest lead of the share of bad rows at or above a threshold over that of good ones.

    One-sided, as max(TPR - FPR) of the ROC curve: a score that ranks backwards has 0.
    """
    if bad.all() or not bad.any():
        return 0.0
    steps = np.unique(score)
    below_bad = np.searchsorted(np.sort(score[bad]), steps, side="left") / bad.sum()
    below_good = np.searchsorted(np.sort(score[~bad]), steps, side="left") / (~bad).sum()
    return float((below_good - below_bad).max())


def brier(bad: BoolLabels, score: Scores) -> float:
    """The mean squared error of the probability; always the share of bad rows p gives p (1 - p)."""
    return float(np.mean((score - bad) ** 2))


def calibration_error(bad: BoolLabels, score: Scores) -> float:
    """The mean gap between the probability said and the share of bad rows, over bins of rows."""
    many = min(MAX_BINS, max(1, len(score) // MIN_BIN_ROWS))
    bins = np.array_split(np.argsort(score, kind="stable"), many)
    gaps = [len(rows) * abs(score[rows].mean() - bad[rows].mean()) for rows in bins]
    return float(sum(gaps) / len(score))


def level_indices(given: Sequence[str | None], task: TaskConfig) -> LabelArray:
    """The risk level of each answer, as its place in task.labels."""
    return label_indices([get_line(answer, 0) for answer in given], task.labels)


def _recommendation_indices(given: Sequence[str | None], task: TaskConfig) -> LabelArray:
    return label_indices([get_line(answer, 1) for answer in given], task.recommendations)


def get_line(answer: str | None, number: int) -> str | None:
    """A line of an answer; None for an unreadable answer."""
    return None if answer is None else answer.split("\n")[number]


def measure_point(statistic: Statistic, *columns: LabelArray) -> Metric:
    """A statistic without interval: the bootstrap is biased upwards for maxima such as KS."""
    return Metric(float(statistic(*columns)), None, None, len(columns[0]))
