"""Tests of the prompt of the base model, and of the predictions that are saved for each row."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from package_name.config import Config
from package_name.data.jsonl import to_json_line
from package_name.data.splits import PROCESSED_DIR
from package_name.evaluate import (
    pick_few_shot_examples,
    read_canonical_rows,
)
from package_name.evaluation.comparison import list_predictions_by_row
from package_name.evaluation.predictions import Predictions
from package_name.formatting import list_candidates
from package_name.metrics import compute_metrics
from package_name.prompts import Conversation, get_target
from package_name.runtime.errors import ProjectError


def conversation(number: int, label: str) -> Conversation:
    return [
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": label},
    ]


@given(st.lists(st.sampled_from("abc"), max_size=20), st.integers(0, 10), st.integers())
def test_as_many_examples_as_asked_for_with_every_answer_as_often_as_its_rows_allow(
    run_yaml: Config, labels: list[str], shots: int, seed: int
) -> None:
    train = [conversation(number, label) for number, label in enumerate(labels)]
    evaluation = run_yaml.evaluation.model_copy(update={"few_shot_examples": shots})
    config = run_yaml.model_copy(update={"evaluation": evaluation})
    shown = pick_few_shot_examples(train, config, random.Random(seed))
    assert len(shown) == min(shots, len(train))
    assert all(row in train for row in shown)
    assert len({row[0]["content"] for row in shown}) == len(shown)
    there, in_it = Counter(labels), Counter(map(get_target, shown))
    fewest = min((in_it[label] for label in there if in_it[label] < there[label]), default=shots)
    assert all(many <= fewest + 1 for many in in_it.values())


def test_every_row_is_kept_with_the_score_of_each_way_of_answering(config: Config) -> None:
    first, second = config.task.labels
    likely = np.array([[0.7, 0.3], [0.2, 0.8]])
    classical = Predictions([first, second], [first, second], likely)
    model = Predictions([first, None], [first, second], likely, raw=[first, "?"])
    rows = list_predictions_by_row(config, [4, 2], [first, first], model, model, classical)
    assert [row["test_row"] for row in rows] == [4, 2]
    assert [(row["base"], row["base_ranked"]) for row in rows] == [(first, first), ("?", second)]
    assert [row["baseline"] for row in rows] == [first, second]
    assert all(0 <= row[f"{way}_score"] <= 1 for row in rows for way in ("base", "tuned"))
    assert rows[0]["base_score"] == rows[0]["baseline_score"]


def test_a_right_answer_that_is_no_label_does_not_equal_an_unreadable_one(config: Config) -> None:
    choices = list_candidates(config.task)
    uniform = np.full((2, len(choices)), 1 / len(choices))
    unreadable = Predictions([None, None], choices, uniform, raw=["?", ""])
    for target in ("no such label", "?", "?\n?", ""):
        with pytest.raises(ValueError, match=r"not in task\.labels"):
            compute_metrics([target, target], unreadable, config.task, seed=0)
    measured = compute_metrics(choices[:2], unreadable, config.task, seed=0)
    assert measured.get("exact_set", measured.get("accuracy")).value == 0


def test_a_test_row_whose_right_answer_is_no_label_is_named(config: Config) -> None:
    PROCESSED_DIR.mkdir(parents=True)
    first = config.task.labels[0]
    written = [first.upper(), f"{first}, as I would say"]
    lines = [to_json_line({"messages": conversation(i, text)}) for i, text in enumerate(written)]
    (PROCESSED_DIR / "test.jsonl").write_bytes(lines[0])
    assert [get_target(row) for row in read_canonical_rows("test", config.task)] == [first]
    (PROCESSED_DIR / "test.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(ProjectError, match=r"test\.jsonl:2.*I would say"):
        read_canonical_rows("test", config.task)


def test_a_model_whose_numbers_overflow_gives_no_answer(config: Config) -> None:
    choices = list_candidates(config.task)
    with pytest.raises(ProjectError) as raised:
        Predictions([None], choices, np.full((1, len(choices)), np.nan), raw=["?"])
    assert "model.precision" in raised.value.hint
