"""The figures of sets of charges, on rows small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from package_name.baseline import fit_predict
from package_name.config import Config
from package_name.evaluation.predictions import Predictions
from package_name.metrics import compute_metrics


def test_a_set_is_right_only_as_a_whole(config: Config) -> None:
    first, second = config.task.labels
    gold = [f"{first};{second}", first, second, second]
    likely = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    given = Predictions([first, first, None, second], config.task.labels, likely)
    metrics = compute_metrics(gold, given, config.task, seed=0)
    assert metrics["exact_set"].value == 0.5
    # 3 right of 3 named and 5 gold
    assert metrics["micro_f1"].value == pytest.approx(2 * 3 / (3 + 5))
    assert metrics["first_choice"].value == 0.75


def test_the_baseline_names_several_charges_and_never_none(config: Config) -> None:
    first, second = config.task.labels
    texts = [f"{word} number {i}" for i in range(6) for word in ("alpha", "beta", "alpha beta")]
    named = {"alpha": first, "beta": second, "alpha beta": f"{first};{second}"}
    charges = [named[text.partition(" number")[0]] for text in texts]
    questions = ["alpha number 9", "alpha beta number 9", "gamma"]
    given = fit_predict(texts, charges, questions, config.task).parsed
    assert list(given[:2]) == [first, f"{first};{second}"]
    assert given[2]


@pytest.mark.parametrize("also", ["", "{first};{second}"])
def test_the_baseline_learns_a_charge_that_every_row_has(config: Config, also: str) -> None:
    first, second = config.task.labels
    charges = [first] * 4 + [also.format(first=first, second=second) or first] * 4
    texts = [f"{word} number {i}" for word in ("alpha", "beta") for i in range(4)]
    given = fit_predict(texts, charges, ["alpha number 9", "beta number 9"], config.task)
    assert list(given.parsed) == [charges[0], charges[-1]]
