"""The facts of one case in, one conversation or a reason out."""

from __future__ import annotations

import pytest

from package_name.config import Config
from package_name.conversation import Reject
from package_name.formatting import read_answer, to_conversation


def test_charges_are_written_in_the_order_of_the_list(config: Config) -> None:
    first, second = config.task.labels
    record = {"text": " The facts. ", "label": f"罪名:{second};{first}"}
    assert to_conversation(record, config.task) == [
        {"role": "system", "content": config.task.system},
        {"role": "user", "content": "The facts."},
        {"role": "assistant", "content": f"{first};{second}"},
    ]


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("  ", "any", "empty_input"),
        ("facts", "罪名:", "empty_label"),
        ("facts", "no such charge", "unknown_label"),
    ],
)
def test_a_case_without_use_says_why(config: Config, text: str, label: str, reason: str) -> None:
    assert to_conversation({"text": text, "label": label}, config.task) == Reject(reason)


def test_facts_may_hold_the_word_but_not_the_charge(config: Config) -> None:
    charge = config.task.labels[0]
    told = {"text": f"其行为已构成{charge}罪", "label": charge}
    assert to_conversation(told, config.task) == Reject("label_in_input")
    word = {"text": f"{charge}现金三千元", "label": charge}
    assert not isinstance(to_conversation(word, config.task), Reject)


def test_an_answer_is_read_as_a_set(config: Config) -> None:
    first, second = config.task.labels
    assert read_answer(f"{second}；{first}\n", config.task) == f"{first};{second}"
    assert read_answer(f"{first};no such charge", config.task) is None
    assert read_answer("", config.task) is None
