"""What counts in intent recognition: pure functions of the right and the given intents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .answers import Answers, by_ranking, positions
from .messages import fill
from .stats import Comparison, Labels, Metric, compare, compare_rates, rate, resampled
from .task import TaskConfig

DECISIVE = ("accuracy", "ranked_accuracy")  # tuning pays where it is better in each of these
MEANING = fill(
    """\
readable: the share of what the model writes that names an intent
macro_f1: the mean over the intents that have a test row
ranked: the intent the model finds most likely, whatever it would write"""
)


def measure(
    gold: Sequence[str], answers: Answers, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering, by writing and, where it ranks, by ranking."""
    right = positions(gold, task.labels)
    metrics = _measured(right, positions(answers.read, task.labels), task, seed)
    if answers.written is not None:
        ranked = positions(answers.ranked, task.labels)
        metrics |= by_ranking(_measured(right, ranked, task, seed))
    return metrics


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
        return {
            "accuracy": compare_rates(*correct, against=against, seed=seed),
            "macro_f1": compare(macro_f1, right, *pair, against=against, seed=seed),
        }

    ranked = by_ranking(compared(ours.ranked, theirs.ranked))
    return compared(ours.read, theirs.read) | ranked


def scores(answers: Answers, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def macro_f1(gold: Labels, given: Labels) -> float:
    """The mean F1 over the intents in the rows: a rare one weighs as much as a frequent one."""
    # thousands of resamples come here: counted at once, and UNREADABLE in the first place
    places = max(gold.max(), given.max()) + 2
    right, wanted, named = (
        np.bincount(labels + 1, minlength=places) for labels in (gold[gold == given], gold, given)
    )
    there = wanted > 0
    return float(np.mean(2 * right[there] / (wanted + named)[there]))


def _measured(gold: Labels, given: Labels, task: TaskConfig, seed: int) -> dict[str, Metric]:
    metrics = {
        "accuracy": rate(given == gold),
        "macro_f1": resampled(macro_f1, gold, given, seed=seed),
    }
    if task.out_of_scope is not None:
        outside = task.labels.index(task.out_of_scope)
        # a request outside the list that is taken for one of them starts the wrong process
        if (gold == outside).any():  # of no rows there is no rate
            metrics["out_of_scope_recall"] = rate(given[gold == outside] == outside)
        if (gold != outside).any():
            metrics["out_of_scope_false_alarms"] = rate(given[gold != outside] == outside)
    return metrics
