"""The figures of risk grading, on rows small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score, roc_curve

from package_name.baseline import extract_features, fit_predict
from package_name.config import Config
from package_name.evaluation.predictions import Predictions
from package_name.evaluation.slices import format_slices, measure_slices
from package_name.metrics import (
    LEGEND,
    auc,
    brier,
    calibration_error,
    compute_metrics,
    is_positive,
    ks,
    positive_probability,
    score_rows,
)

BAD = np.array([True, True, False, False, False])
SCORE = np.array([0.9, 0.4, 0.4, 0.2, 0.1])


def test_scores_are_ranked_with_ties_counted_half() -> None:
    assert auc(BAD, SCORE) == pytest.approx(roc_auc_score(BAD, SCORE)) == pytest.approx(5.5 / 6)
    assert ks(BAD, SCORE) == pytest.approx(2 / 3)
    assert brier(BAD, SCORE) == pytest.approx((0.01 + 0.36 + 0.16 + 0.04 + 0.01) / 5)


# two decimals, so that scores tie
rows = st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=2, max_size=60)


@given(rows)
def test_ks_is_one_sided_as_that_of_scipy_and_scikit_learn(drawn: list[tuple[bool, int]]) -> None:
    drawn += [(True, 50), (False, 50)]
    bad, score = np.array([row[0] for row in drawn]), np.array([row[1] / 100 for row in drawn])
    false_rate, true_rate, _ = roc_curve(bad, score, drop_intermediate=False)
    known = ks_2samp(score[~bad], score[bad], alternative="greater", method="asymp").statistic
    assert ks(bad, score) == pytest.approx((true_rate - false_rate).max()) == pytest.approx(known)


def test_a_score_that_ranks_backwards_has_no_ks() -> None:
    bad = np.repeat([True, False], 20)
    assert ks(bad, bad.astype(float)) == 1
    assert ks(bad, 1.0 - bad) == 0


def test_a_constant_score_says_nothing() -> None:
    constant = np.full(5, 0.4)
    assert (auc(BAD, constant), ks(BAD, constant)) == (0.5, 0.0)


def test_a_probability_that_is_true_on_average_is_calibrated_where_rows_are_pooled() -> None:
    bad = np.repeat([True, False], 25)
    assert calibration_error(bad, bad.astype(float)) == 0
    assert calibration_error(bad, 1.0 - bad) == 1


def test_few_rows_find_little_error_in_a_true_probability() -> None:
    # of 50 rows, ten bins of five find .15 where there is nothing to find
    chance = np.random.default_rng(0)
    found = []
    for _ in range(200):
        score = chance.uniform(0.1, 0.9, 50)
        found.append(calibration_error(chance.random(50) < score, score))
    assert np.mean(found) < 0.08


@pytest.mark.parametrize(("rows", "error"), [(50, 0.13), (250, 0.09), (500, 0.065)])
def test_a_true_probability_has_the_error_that_the_legend_names(rows: int, error: float) -> None:
    assert f"{error:g}".lstrip("0") in LEGEND
    chance = np.random.default_rng(0)
    scores = [chance.random(rows) for _ in range(2000)]
    found = [calibration_error(chance.random(rows) < score, score) for score in scores]
    assert np.mean(np.array(found) >= error) == pytest.approx(1 / 25, abs=0.015)


def test_of_rows_of_one_kind_no_ranking_is_measured(config: Config) -> None:
    risk, other = config.task.labels
    answers = Predictions([risk, other], [risk, other], np.array([[0.7, 0.3], [0.4, 0.6]]))
    both = compute_metrics([risk, other], answers, config.task, seed=0)
    assert both["auc"].value == both["ks"].value == 1
    for gold in ([risk, risk], [other, other]):
        assert not {"auc", "ks"} & compute_metrics(gold, answers, config.task, seed=0).keys()


def test_a_slice_of_one_kind_and_small_slices_are_said_and_not_measured(config: Config) -> None:
    risk, other = config.task.labels
    gold = [risk, other] * 6 + [other] * 10 + [risk] * 3
    answers = Predictions(gold, [risk, other], np.array([[g == risk, g == other] for g in gold]))
    values = {"sex": ["f"] * 12 + ["m"] * 10 + ["x", "x", ""]}
    slices = measure_slices(gold, answers, values, config)
    assert slices.measured["sex"].keys() == {"f"}
    assert (slices.single_label, slices.rows_in_small_slices) == ({"sex": {"m": 10}}, {"sex": 3})
    measured, single_label, small = format_slices(slices)
    assert measured.startswith("  sex f") and "auc 1.000 1.00-1.00" in measured
    assert single_label.startswith("  sex m") and "10" in single_label
    assert small.startswith("  sex") and "3" in small


def test_the_score_is_the_sum_over_the_answers_that_say_the_risk(config: Config) -> None:
    risk, other = config.task.labels
    names = [f"{risk}\nreview", f"{risk}\ndecline", f"{other}\napprove"]
    likely = np.array([[0.2, 0.3, 0.5]])
    answers = Predictions([names[2]], names, likely)
    assert positive_probability(answers, config.task) == pytest.approx([0.5])
    assert score_rows(answers, config.task) == pytest.approx([0.5])


def test_several_levels_that_are_the_risk_are_measured_as_one(config: Config) -> None:
    levels = ["late", "lost", "paid"]
    changes = {"labels": levels, "positive": ["late", "lost"], "recommendations": []}
    task = config.task.model_copy(update=changes)
    gold = ["late", "lost", "paid", "paid"]
    likely = np.array([[0.5, 0.2, 0.3], [0.3, 0.3, 0.4], [0.3, 0.2, 0.5], [0.1, 0.1, 0.8]])
    answers = Predictions(["late", "late", "paid", "paid"], levels, likely)
    assert is_positive(gold, task).tolist() == [True, True, False, False]
    assert score_rows(answers, task) == pytest.approx([0.7, 0.6, 0.5, 0.2])
    found = compute_metrics(gold, answers, task, seed=0)
    assert found["auc"].value == found["ks"].value == 1  # by the first level alone it is .875
    assert found["accuracy"].value == 0.75  # the levels themselves are still told apart


def test_numbers_stay_numbers_and_words_are_one_hot(config: Config) -> None:
    found = extract_features("amount: 1,200\nhistory: clean file\njob: 9\u5e74")
    assert found == {"amount": 1200, "history has clean": 1, "history has file": 1,
                     "history has clean file": 1, "job": 9, "job has \u5e74": 1}  # fmt: skip
    risk, other = config.task.labels
    texts = [f"amount: {i}\nhistory: {'late' if i % 2 else 'clean'}" for i in range(40)]
    levels = [risk if i % 2 else other for i in range(40)]
    answers = fit_predict(texts, levels, ["amount: 3\nhistory: late"], config.task)
    assert answers.parsed == [risk]
    assert compute_metrics([risk], answers, config.task, seed=0)["accuracy"].value == 1


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7 years", 7), ("9\u5e74", 9), ("46%", 0.46), ("41,000", 41000), ("$15,000", 15000),
        ("-2.5", -2.5), ("\uff11\uff12", 12), ("10+ years", 10), (".5", 0.5), ("1e3", 1000),
        ("about 7", None), ("usd 12,000", 12000), ("\u7ea612\u4e07\u5143", 120000),
        ("1 200 000", 1200000), ("a34", None), ("-", None), ("nan", None), ("inf", None),
        ("Infinity", None),
        ("9" * 400, None),
    ],
)  # fmt: skip
def test_a_value_that_begins_with_a_number_is_that_number(value: str, number: float | None) -> None:
    assert extract_features(f"x: {value}").get("x") == number


def test_the_baseline_ranks_amounts_in_several_units_as_it_ranks_them_in_one(
    config: Config,
) -> None:
    risk, other = config.task.labels
    incomes = np.random.default_rng(0).integers(20, 200, 200) * 100
    levels = [risk if income < 9_000 else other for income in incomes]
    in_one = [f"income: {income}" for income in incomes]
    forms = ("{0}", "{0:,}", "{1}\u4e07", "{2}k")  # 68996, 68,996, 6.8996 of 10,000, 68.996k
    mixed = [
        "income: " + forms[row % 4].format(income, income / 10_000, income / 1_000)
        for row, income in enumerate(incomes)
    ]
    found = [
        positive_probability(fit_predict(rows, levels, rows, config.task), config.task)
        for rows in (in_one, mixed)
    ]
    assert found[1] == pytest.approx(found[0])
    assert auc(is_positive(levels, config.task), found[1]) > 0.99


def test_chinese_is_read_character_by_character_and_in_pairs() -> None:
    words = ["\u65e0", "\u903e", "\u671f", "\u65e0 \u903e", "\u903e \u671f"]  # no arrears
    found = extract_features("history: \u65e0\u903e\u671f")
    assert found.keys() == {f"history has {word}" for word in words}


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "-",
        "+",
        ".",
        "e5",
        "1e999",
        "1,2,3",
        "٣ years",
        "½",
        "1 2",
        "\uff0d\uff11",
        "a.5",
        "<",
    ],
)
def test_every_value_gives_numbers_that_can_be_learned_from(value: str) -> None:
    assert all(map(math.isfinite, extract_features(f"x: {value}").values()))


@pytest.mark.parametrize("rare", [1, 2])
def test_a_rare_level_does_not_spoil_what_is_learned(config: Config, rare: int) -> None:
    risk, other = config.task.labels
    texts = ["history: late", "history: clean"] * 20 + ["history: odd"] * rare
    levels = [risk, other] * 20 + ["rare"] * rare
    answers = fit_predict(texts, levels, ["history: late"], config.task)
    assert answers.parsed == [risk]
    assert positive_probability(answers, config.task)[0] > 0.9  # a C of .01 does not get there


def test_of_one_level_that_level_is_the_answer(config: Config) -> None:
    risk = config.task.positive[0]
    answers = fit_predict(["a: 1", "a: 2"], [risk, risk], ["a: 3"], config.task)
    assert (answers.parsed, positive_probability(answers, config.task).tolist()) == ([risk], [1.0])
