"""What counts in intent recognition: pure functions of the right and the given intents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .config import TaskConfig
from .stats import Comparison, Labels, Metric, compare, compare_rates, rate, resampled

UNREADABLE = -1  # an answer that names no intent is wrong, never left out


def encode(intents: Sequence[str | None], task: TaskConfig) -> Labels:
    """Intents as positions in task.labels."""
    position = {label: index for index, label in enumerate(task.labels)}
    return np.array([position.get(intent or "", UNREADABLE) for intent in intents])


def macro_f1(gold: Labels, given: Labels) -> float:
    """The mean F1 over the intents in the rows: a rare one weighs as much as a frequent one."""
    # thousands of resamples come here: counted at once, and UNREADABLE in the first place
    places = max(gold.max(), given.max()) + 2
    right, wanted, named = (
        np.bincount(labels + 1, minlength=places) for labels in (gold[gold == given], gold, given)
    )
    there = wanted > 0
    return float(np.mean(2 * right[there] / (wanted + named)[there]))


def measure(gold: Labels, given: Labels, task: TaskConfig, seed: int) -> dict[str, Metric]:
    """The metrics of one way of answering."""
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


def compare_all(
    gold: Labels, ours: Labels, theirs: Labels, *, against: str, seed: int
) -> dict[str, Comparison]:
    """The paired tests of two ways of answering on the same rows."""
    return {
        "accuracy": compare_rates(ours == gold, theirs == gold, against=against, seed=seed),
        "macro_f1": compare(macro_f1, gold, ours, theirs, against=against, seed=seed),
    }
