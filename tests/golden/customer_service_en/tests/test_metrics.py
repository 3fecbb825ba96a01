"""The figures of intent recognition, on rows small enough to count by hand."""

from __future__ import annotations

import pytest

from golden_desk.config import Config
from golden_desk.metrics import encode, macro_f1, measure


def test_an_unreadable_answer_is_wrong_not_left_out(config: Config) -> None:
    first, second = config.task.labels
    gold = encode([first, first, second, second], config.task)
    given = encode([first, None, second, first], config.task)
    metrics = measure(gold, given, config.task, seed=0)
    assert (metrics["accuracy"].value, metrics["accuracy"].n) == (0.5, 4)
    # first: 1 right of 2 given and 2 gold; second: 1 right of 1 given and 2 gold
    assert macro_f1(gold, given) == pytest.approx((2 * 1 / 4 + 2 * 1 / 3) / 2)


def test_what_is_outside_the_list_is_counted_apart(config: Config) -> None:
    outside, inside = config.task.labels
    task = config.task.model_copy(update={"out_of_scope": outside})
    gold = encode([outside, outside, inside, inside], task)
    given = encode([outside, inside, outside, inside], task)
    metrics = measure(gold, given, task, seed=0)
    assert metrics["out_of_scope_recall"].value == 0.5
    assert metrics["out_of_scope_false_alarms"].value == 0.5
