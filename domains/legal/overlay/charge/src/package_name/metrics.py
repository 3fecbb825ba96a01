"""What counts in naming charges: pure functions of the right and the given sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .evaluation.predictions import Predictions
from .evaluation.statistics import (
    Comparison,
    LabelArray,
    Metric,
    bootstrap,
    mcnemar,
    paired_bootstrap,
    proportion,
)
from .formatting import extract_labels
from .runtime.messages import fill
from .task import TaskConfig

PRIMARY_METRICS = ("exact_set",)  # tuning pays where it is better in this
LEGEND = fill(
    """\
exact_set: all charges of the case and no others; first_choice: the charge with
the highest probability is one of them"""
)


def compute_metrics(
    gold: Sequence[str], answers: Predictions, task: TaskConfig, seed: int
) -> dict[str, Metric]:
    """The metrics of one way of answering."""
    right, given = binarize_labels(gold, task), binarize_labels(answers.parsed, task)
    return {
        "exact_set": proportion(_match_exactly(right, given)),
        "micro_f1": bootstrap(micro_f1, right, given, seed=seed),
        "first_choice": proportion(_match_top_choice(right, answers, task)),
    }


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
    right, a, b = (
        binarize_labels(gold, task),
        binarize_labels(ours.parsed, task),
        binarize_labels(theirs.parsed, task),
    )
    hits = _match_top_choice(right, ours, task), _match_top_choice(right, theirs, task)
    return {
        "exact_set": mcnemar(
            _match_exactly(right, a), _match_exactly(right, b), against=against, seed=seed
        ),
        "micro_f1": paired_bootstrap(micro_f1, right, a, b, against=against, seed=seed),
        "first_choice": mcnemar(*hits, against=against, seed=seed),
    }


def score_rows(answers: Predictions, _task: TaskConfig) -> NDArray[np.float64] | None:
    """The score of each row, for evaluation.json: how likely its most likely answer is."""
    return None if answers.probabilities is None else answers.probabilities.max(axis=1)


def binarize_labels(given: Sequence[str | None], task: TaskConfig) -> LabelArray:
    """Answers as rows of 0 and 1, a column for each charge; an unreadable answer names none.

    A charge that is not in the list raises ValueError, as does an answer without any: its row
    would equal an unreadable answer.
    """
    place = {charge: column for column, charge in enumerate(task.labels)}
    named = np.zeros((len(given), len(task.labels)), dtype=np.int64)
    for row, answer in enumerate(given):
        if answer is None:
            continue
        charges = extract_labels(answer, task)
        if not charges or not place.keys() >= set(charges):
            raise ValueError(f"not in task.labels: {answer!r}")
        named[row, [place[charge] for charge in charges]] = 1
    return named


def micro_f1(gold: LabelArray, given: LabelArray) -> float:
    """F1 over all charges of all rows together."""
    return float(2 * (gold & given).sum() / max(1, gold.sum() + given.sum()))


def _match_exactly(gold: LabelArray, given: LabelArray) -> NDArray[np.bool_]:
    """The rows whose charges are all named, and no other."""
    return (gold == given).all(axis=1)


def _match_top_choice(
    gold: LabelArray, answers: Predictions, task: TaskConfig
) -> NDArray[np.bool_]:
    """The rows whose most likely charge is one of theirs."""
    return (gold & binarize_labels(answers.ranked, task)).any(axis=1)
