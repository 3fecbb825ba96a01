"""What counts in classification: pure functions of the right and the given labels."""

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

PRIMARY_METRICS = ("accuracy", "ranked_accuracy")  # tuning pays where it is better in each of these
LEGEND = fill("macro_f1: mean F1 over the labels that have a test row")


def compute_metrics(
    gold: Sequence[str], answers: Predictions, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering, by writing and, where it ranks, by ranking."""
    right = label_indices(gold, task.labels)
    metrics = _compute_metrics(right, label_indices(answers.parsed, task.labels), task, seed)
    if answers.raw is not None:
        ranked = label_indices(answers.ranked, task.labels)
        metrics |= add_ranked_prefix(_compute_metrics(right, ranked, task, seed))
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
    right = label_indices(gold, task.labels)

    def compare(ours: Sequence[str | None], theirs: Sequence[str | None]) -> dict[str, Comparison]:
        pair = label_indices(ours, task.labels), label_indices(theirs, task.labels)
        correct = (pair[0] == right, pair[1] == right)
        return {
            "accuracy": mcnemar(*correct, against=against, seed=seed),
            "macro_f1": paired_bootstrap(macro_f1, right, *pair, against=against, seed=seed),
        }

    ranked = add_ranked_prefix(compare(ours.ranked, theirs.ranked))
    return compare(ours.parsed, theirs.parsed) | ranked


def score_rows(answers: Predictions, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def macro_f1(gold: LabelArray, given: LabelArray) -> float:
    """The mean F1 over the labels in the rows: a rare one weighs as much as a frequent one."""
    # thousands of resamples come here: counted at once, and UNREADABLE_INDEX in the first place
    places = max(gold.max(), given.max()) + 2
    right, wanted, named = (
        np.bincount(labels + 1, minlength=places) for labels in (gold[gold == given], gold, given)
    )
    there = wanted > 0
    return float(np.mean(2 * right[there] / (wanted + named)[there]))


def _compute_metrics(
    gold: LabelArray, given: LabelArray, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    metrics = {
        "accuracy": proportion(given == gold),
        "macro_f1": bootstrap(macro_f1, gold, given, seed=seed),
    }
    if task.out_of_scope is not None:
        outside = task.labels.index(task.out_of_scope)
        # a text outside the list that is taken for one of its labels starts the wrong process
        if (gold == outside).any():  # a rate needs a row
            metrics["out_of_scope_recall"] = proportion(given[gold == outside] == outside)
        if (gold != outside).any():
            metrics["out_of_scope_false_alarms"] = proportion(given[gold != outside] == outside)
    return metrics
