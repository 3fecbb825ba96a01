"""What counts in answering yes or no: pure functions of the right and the given labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .answers import Answers, by_ranking, positions
from .messages import fill
from .stats import Comparison, Labels, Metric, compare, compare_rates, rate, resampled
from .task import TaskConfig

# tuning pays where it is better in each of these
DECISIVE = ("balanced_accuracy", "ranked_balanced_accuracy")
MEANING = fill(
    """\
readable: the share of what the model writes that is one of the answers
balanced_accuracy: the mean recall over the answers that have a test row; not
given (-, n/a) where all rows have one answer
ranked: the answer the model finds most likely, whatever it would write"""
)


def measure(
    gold: Sequence[str], answers: Answers, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering, by writing and, where it ranks, by ranking."""
    right = positions(gold, task.labels)

    def measured(given: Sequence[str | None]) -> dict[str, Metric]:
        found = positions(given, task.labels)
        metrics = {"accuracy": rate(found == right)}
        if has_several(right):
            balanced = resampled(balanced_accuracy, right, found, seed=seed)
            metrics = {"balanced_accuracy": balanced, **metrics}
        return metrics

    metrics = measured(answers.read)
    return (
        metrics | by_ranking(measured(answers.ranked)) if answers.written is not None else metrics
    )


def compare_all(
    gold: Sequence[str],
    ours: Answers,
    theirs: Answers,
    task: TaskConfig,
    *,
    against: str,
    seed: int,
) -> dict[str, Comparison]:
    """The paired tests of two ways of answering on the same rows."""
    right = positions(gold, task.labels)

    def compared(ours: Sequence[str | None], theirs: Sequence[str | None]) -> dict[str, Comparison]:
        pair = positions(ours, task.labels), positions(theirs, task.labels)
        correct = (pair[0] == right, pair[1] == right)
        tests = {"accuracy": compare_rates(*correct, against=against, seed=seed)}
        if has_several(right):
            balanced = compare(balanced_accuracy, right, *pair, against=against, seed=seed)
            tests = {"balanced_accuracy": balanced, **tests}
        return tests

    ranked = by_ranking(compared(ours.ranked, theirs.ranked))
    return compared(ours.read, theirs.read) | ranked


def scores(answers: Answers, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def has_several(gold: Labels) -> bool:
    """Whether the rows have two labels or more; of one, recall alone is balanced with nothing."""
    return len(np.unique(gold)) > 1


def balanced_accuracy(gold: Labels, given: Labels) -> float:
    """The mean share of right answers over the labels: always the same answer is 1 / labels."""
    return float(np.mean([(given[gold == label] == label).mean() for label in np.unique(gold)]))
