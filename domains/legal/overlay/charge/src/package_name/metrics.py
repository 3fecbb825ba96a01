"""What counts in naming charges: pure functions of the right and the given sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .answers import Answers
from .formatting import labels_in
from .messages import fill
from .stats import Comparison, Labels, Metric, compare, compare_rates, rate, resampled
from .task import TaskConfig

DECISIVE = ("exact_set",)  # tuning pays where it is better in this
MEANING = fill(
    """\
readable: the share of what the model writes that names charges of the list
exact_set: all charges of a case named and no other; first_choice: the most
likely charge is one of them"""
)


def measure(
    gold: Sequence[str], answers: Answers, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering."""
    right, given = encode(gold, task), encode(answers.read, task)
    return {
        "exact_set": rate(_same(right, given)),
        "micro_f1": resampled(micro_f1, right, given, seed=seed),
        "first_choice": rate(_hit(right, answers, task)),
    }


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
    right, a, b = encode(gold, task), encode(ours.read, task), encode(theirs.read, task)
    hits = _hit(right, ours, task), _hit(right, theirs, task)
    return {
        "exact_set": compare_rates(_same(right, a), _same(right, b), against=against, seed=seed),
        "micro_f1": compare(micro_f1, right, a, b, against=against, seed=seed),
        "first_choice": compare_rates(*hits, against=against, seed=seed),
    }


def scores(answers: Answers, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def encode(given: Sequence[str | None], task: TaskConfig) -> Labels:
    """Answers as rows of 0 and 1, a column for each charge; an unreadable answer names none.

    A charge that is not in the list raises ValueError: its row would equal an unreadable answer.
    """
    place = {charge: column for column, charge in enumerate(task.labels)}
    named = np.zeros((len(given), len(task.labels)), dtype=np.int64)
    for row, answer in enumerate(given):
        for charge in () if answer is None else labels_in(answer):
            if charge not in place:
                raise ValueError(f"not in task.labels: {charge!r}")
            named[row, place[charge]] = 1
    return named


def micro_f1(gold: Labels, given: Labels) -> float:
    """F1 over all charges of all rows together."""
    return float(2 * (gold & given).sum() / max(1, gold.sum() + given.sum()))


def _same(gold: Labels, given: Labels) -> NDArray[np.bool_]:
    """The rows whose charges are all named, and no other."""
    return (gold == given).all(axis=1)


def _hit(gold: Labels, answers: Answers, task: TaskConfig) -> NDArray[np.bool_]:
    """The rows whose most likely charge is one of theirs."""
    return (gold & encode(answers.ranked, task)).any(axis=1)
