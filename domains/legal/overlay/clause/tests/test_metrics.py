"""The figures of yes and no, on rows small enough to count by hand."""

from __future__ import annotations

import pytest

from package_name.baseline import fit_predict, tokenize_with_type
from package_name.config import Config
from package_name.evaluation.predictions import Predictions
from package_name.evaluation.slices import measure_slices
from package_name.metrics import compute_metrics


def test_always_the_same_answer_is_no_better_than_chance(config: Config) -> None:
    first, second = config.task.labels
    gold = [first] * 9 + [second]
    given = Predictions([first] * 10, config.task.labels, None)
    metrics = compute_metrics(gold, given, config.task, seed=0)
    assert metrics["accuracy"].value == 0.9
    assert metrics["balanced_accuracy"].value == 0.5


def test_of_rows_of_one_answer_no_balance_is_measured(config: Config) -> None:
    first, second = config.task.labels
    given = Predictions([first] * 12, config.task.labels, None)
    assert compute_metrics([first] * 12, given, config.task, seed=0).keys() == {"accuracy"}
    slices = measure_slices([first] * 12, given, {"court": ["x"] * 12}, config)
    assert (slices.measured, slices.single_label) == ({}, {"court": {"x": 12}})
    several = compute_metrics([first] * 6 + [second] * 6, given, config.task, seed=0)
    assert several["balanced_accuracy"].value == 0.5


def test_an_unreadable_answer_is_wrong_not_left_out(config: Config) -> None:
    first, second = config.task.labels
    given = Predictions([first, None, second, second], config.task.labels, None)
    metrics = compute_metrics([first, first, second, second], given, config.task, seed=0)
    assert metrics["balanced_accuracy"].value == 0.75


def test_the_baseline_knows_that_a_word_means_another_thing_for_another_type(
    config: Config,
) -> None:
    first, second = config.task.labels
    pairs = [(kind, word) for kind in "ab" for word in ("x", "y")] * 8
    texts = [f"the {word} of {i}\n\n{kind}" for i, (kind, word) in enumerate(pairs)]
    right = [first if (kind == "a") == (word == "x") else second for kind, word in pairs]
    answers = fit_predict(texts, right, ["the x of 99\n\na", "the x of 99\n\nb"], config.task)
    assert list(answers.parsed) == [first, second]


def test_the_baseline_learns_passages_of_no_clause_type(config: Config) -> None:
    first, second = config.task.labels
    texts = [f"the {word} of {i}" for i in range(8) for word in ("x", "y")]
    answers = fit_predict(texts, [first, second] * 8, ["the y of 9"], config.task)
    assert list(answers.parsed) == [second]


@pytest.mark.parametrize("rare", [0, 1, 2])
def test_the_baseline_learns_from_few_rows_of_a_label_or_none(config: Config, rare: int) -> None:
    first, second = config.task.labels
    texts = [f"the {word} of {i}" for word, rows in (("x", 8), ("y", rare)) for i in range(rows)]
    labels = [first] * 8 + [second] * rare
    assert list(fit_predict(texts, labels, ["the x of 9"], config.task).parsed) == [first]


def test_a_chinese_word_is_a_character_beside_digits_too() -> None:
    assert tokenize_with_type("30\u65e55\u4e07") == ["30", "\u65e5", "5", "\u4e07"]
    assert tokenize_with_type("5\n\n\u7ea6") == ["5", "\u7ea6|5"]
    assert tokenize_with_type("Clause 4b") == ["clause", "4b"]
