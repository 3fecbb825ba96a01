"""What counts in intent recognition: pure functions of the right and the given intents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .answers import Answers, by_ranking, positions
from .stats import Comparison, Labels, Metric, compare, compare_rates, rate, resampled
from .task import TaskConfig

DECISIVE = ("accuracy", "ranked_accuracy")  # tuning pays where it is better in each of these
MEANING = """\
readable: the share of what the model writes that names an intent
ranked: the intent the model finds most likely, whatever it would write"""


def measure(
    gold: Sequence[str], answers: Answers, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering, by writing and, where it ranks, by ranking."""
    right = positions(gold, task.labels)
    metrics = _measured(right, positions(answers.read, task.labels), task, seed)
    if answers.ranked:
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

    tests = compared(ours.read, theirs.read)
    if ours.ranked and theirs.ranked:
        tests |= by_ranking(compared(ours.ranked, theirs.ranked))
    return tests


def macro_f1(gold: Labels, given: Labels) -> float:
    """The mean F1 over the intents in the rows: a rare one weighs as much as a frequent one."""
    scores = []
    for label in np.unique(gold):
        right = ((gold == label) & (given == label)).sum()
        scores.append(2 * right / ((gold == label).sum() + (given == label).sum()))
    return float(np.mean(scores))


def _measured(gold: Labels, given: Labels, task: TaskConfig, seed: int) -> dict[str, Metric]:
    metrics = {
        "accuracy": rate(given == gold),
        "macro_f1": resampled(macro_f1, gold, given, seed=seed),
    }
    if task.out_of_scope is not None:
        outside = task.labels.index(task.out_of_scope)
        # a request outside the list that is taken for one of them starts the wrong process
        metrics["out_of_scope_recall"] = rate(given[gold == outside] == outside)
        metrics["out_of_scope_false_alarms"] = rate(given[gold != outside] == outside)
    return metrics
