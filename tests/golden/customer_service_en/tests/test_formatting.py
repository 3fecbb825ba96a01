"""One request in, one conversation or a reason out."""

from __future__ import annotations

import pytest

from golden_desk.config import Config
from golden_desk.conversation import Reject
from golden_desk.formatting import read_answer, to_conversation


def test_a_request_becomes_a_short_question_and_its_intent(config: Config) -> None:
    label = config.task.labels[0]
    record = {"text": " Where is my parcel? ", "label": f" {label.upper().replace('_', ' ')} "}
    assert to_conversation(record, config.task) == [
        {"role": "system", "content": config.task.system},
        {"role": "user", "content": "Where is my parcel?"},
        {"role": "assistant", "content": label},
    ]


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("  ", "any", "empty_input"),
        ("hello", " ", "empty_label"),
        ("hello", "no such intent", "unknown_label"),
    ],
)
def test_a_request_without_use_says_why(config: Config, text: str, label: str, reason: str) -> None:
    assert to_conversation({"text": text, "label": label}, config.task) == Reject(reason)


def test_only_an_intent_of_the_list_is_an_answer(config: Config) -> None:
    label = config.task.labels[0]
    assert read_answer(f" {label}\nbecause", config.task) == label
    assert read_answer(f"The intent is {label}", config.task) is None
    assert read_answer("", config.task) is None
