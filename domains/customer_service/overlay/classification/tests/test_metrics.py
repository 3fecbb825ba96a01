"""The figures of classification, on rows small enough to count by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import f1_score

from package_name.config import Config
from package_name.evaluation.predictions import (
    Predictions,
    label_indices,
)
from package_name.metrics import compute_metrics, macro_f1


def answers(given: Sequence[str | None], config: Config) -> Predictions:
    return Predictions(given, config.task.labels, None)


def test_an_unreadable_answer_is_wrong_not_left_out(config: Config) -> None:
    first, second = config.task.labels
    gold, given = [first, first, second, second], [first, None, second, first]
    metrics = compute_metrics(gold, answers(given, config), config.task, seed=0)
    assert (metrics["accuracy"].value, metrics["accuracy"].n) == (0.5, 4)
    # first: 1 right of 2 given and 2 gold; second: 1 right of 1 given and 2 gold
    pair = label_indices(gold, config.task.labels), label_indices(given, config.task.labels)
    assert macro_f1(*pair) == pytest.approx((2 * 1 / 4 + 2 * 1 / 3) / 2)


def test_what_is_outside_the_list_is_counted_apart(config: Config) -> None:
    outside, inside = config.task.labels
    task = config.task.model_copy(update={"out_of_scope": outside})
    gold, given = [outside, outside, inside, inside], [outside, inside, outside, inside]
    metrics = compute_metrics(gold, answers(given, config), task, seed=0)
    assert metrics["out_of_scope_recall"].value == 0.5
    assert metrics["out_of_scope_false_alarms"].value == 0.5


def test_macro_f1_is_that_of_scikit_learn_over_the_labels_in_the_rows() -> None:
    chance = np.random.default_rng(0)
    gold = chance.integers(0, 7, 50)
    given = np.where(chance.random(50) < 0.5, gold, chance.integers(-1, 9, 50))
    known = f1_score(gold, given, labels=np.unique(gold), average="macro")
    assert macro_f1(gold, given) == pytest.approx(known)


@pytest.mark.parametrize(
    ("place", "missing"), [(0, "out_of_scope_false_alarms"), (1, "out_of_scope_recall")]
)
def test_a_rate_of_no_rows_is_left_out(config: Config, place: int, missing: str) -> None:
    task = config.task.model_copy(update={"out_of_scope": config.task.labels[0]})
    same = [task.labels[place]] * 3
    every = {"accuracy", "macro_f1", "out_of_scope_recall", "out_of_scope_false_alarms"}
    assert set(compute_metrics(same, answers(same, config), task, seed=0)) == every - {missing}
