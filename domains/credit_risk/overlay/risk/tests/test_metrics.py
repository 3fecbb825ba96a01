"""The figures of risk grading, on rows small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from package_name.answers import Answers
from package_name.baselines import classical_answers, features
from package_name.config import Config
from package_name.metrics import (
    auc,
    brier,
    calibration_error,
    ks,
    measure,
    positive_probability,
)

BAD = np.array([True, True, False, False, False])
SCORE = np.array([0.9, 0.4, 0.4, 0.2, 0.1])


def test_scores_are_ranked_with_ties_counted_half() -> None:
    assert auc(BAD, SCORE) == pytest.approx(roc_auc_score(BAD, SCORE)) == pytest.approx(5.5 / 6)
    assert ks(BAD, SCORE) == pytest.approx(2 / 3)
    assert brier(BAD, SCORE) == pytest.approx((0.01 + 0.36 + 0.16 + 0.04 + 0.01) / 5)


def test_a_constant_score_says_nothing() -> None:
    constant = np.full(5, 0.4)
    assert (auc(BAD, constant), ks(BAD, constant)) == (0.5, 0.0)


def test_a_probability_that_is_true_on_average_is_calibrated_where_rows_are_pooled() -> None:
    assert calibration_error(BAD, BAD.astype(float)) == 0
    assert calibration_error(BAD, 1.0 - BAD) == 1


def test_the_score_is_the_sum_over_the_answers_that_say_the_risk(config: Config) -> None:
    risk, other = config.task.labels
    names = [f"{risk}\nreview", f"{risk}\ndecline", f"{other}\napprove"]
    likely = np.array([[0.2, 0.3, 0.5]])
    answers = Answers([names[2]], names, likely)
    assert positive_probability(answers, config.task) == pytest.approx([0.5])


def test_numbers_stay_numbers_and_words_are_one_hot(config: Config) -> None:
    found = features("amount: 1,200\nhistory: clean file")
    assert found == {"amount": 1200, "history is": "clean file", "history has clean": 1,
                     "history has file": 1}  # fmt: skip
    risk, other = config.task.labels
    texts = [f"amount: {i}\nhistory: {'late' if i % 2 else 'clean'}" for i in range(40)]
    levels = [risk if i % 2 else other for i in range(40)]
    answers = classical_answers(texts, levels, ["amount: 3\nhistory: late"], config.task)
    assert answers.read == [risk]
    assert measure([risk], answers, config.task, seed=0)["accuracy"].value == 1
