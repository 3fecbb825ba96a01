"""What counts in answering yes or no: pure functions of the right and the given labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .evaluation.predictions import Predictions, add_ranked_prefix, label_indices
from .evaluation.statistics import (
    Comparison,
    LabelArray,
    Metric,
    bootstrap,
    mcnemar,
    paired_bootstrap,
    proportion,
)
from .runtime.messages import fill
from .task import TaskConfig

# tuning pays where it is better in each of these
PRIMARY_METRICS = ("balanced_accuracy", "ranked_balanced_accuracy")
LEGEND = fill(
    """\
balanced_accuracy: mean recall over the labels that have a test row; not defined
(-, n/a) if all rows have the same label"""
)


def compute_metrics(
    gold: Sequence[str], answers: Predictions, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering, by writing and, where it ranks, by ranking."""
    right = label_indices(gold, task.labels)

    def measure(given: Sequence[str | None]) -> dict[str, Metric]:
        found = label_indices(given, task.labels)
        metrics = {"accuracy": proportion(found == right)}
        if has_several_labels(right):
            balanced = bootstrap(balanced_accuracy, right, found, seed=seed)
            metrics = {"balanced_accuracy": balanced, **metrics}
        return metrics

    metrics = measure(answers.parsed)
    return (
        metrics | add_ranked_prefix(measure(answers.ranked)) if answers.raw is not None else metrics
    )


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
    right = label_indices(gold, task.labels)

    def compare(ours: Sequence[str | None], theirs: Sequence[str | None]) -> dict[str, Comparison]:
        pair = label_indices(ours, task.labels), label_indices(theirs, task.labels)
        correct = (pair[0] == right, pair[1] == right)
        tests = {"accuracy": mcnemar(*correct, against=against, seed=seed)}
        if has_several_labels(right):
            balanced = paired_bootstrap(balanced_accuracy, right, *pair, against=against, seed=seed)
            tests = {"balanced_accuracy": balanced, **tests}
        return tests

    ranked = add_ranked_prefix(compare(ours.ranked, theirs.ranked))
    return compare(ours.parsed, theirs.parsed) | ranked


def score_rows(answers: Predictions, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def has_several_labels(gold: LabelArray) -> bool:
    """Whether the rows have two labels or more; of one, recall alone is balanced with nothing."""
    return len(np.unique(gold)) > 1


def balanced_accuracy(gold: LabelArray, given: LabelArray) -> float:
    """The mean share of right answers over the labels: always the same answer is 1 / labels."""
    return float(np.mean([(given[gold == label] == label).mean() for label in np.unique(gold)]))
