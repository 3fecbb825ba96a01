"""One passage in, one conversation or a reason out."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from package_name.config import Config
from package_name.data.near_duplicates import LabeledTexts, TextIndex
from package_name.formatting import (
    append_question,
    format_question,
    near_dup_text,
    parse_prediction,
    to_conversation,
)
from package_name.prompts import Reject, build_prompt
from package_name.task import TaskConfig


def test_a_question_about_its_type_follows_a_passage(config: Config) -> None:
    label = config.task.labels[0]
    question = config.task.question_template.replace("{type}", "renewal term")
    record = {"text": " The term renews. ", "type": "renewal_term", "label": label.upper()}
    assert to_conversation(record, config.task) == [
        {"role": "system", "content": config.task.system},
        {"role": "user", "content": f"The term renews.\n\n{question}"},
        {"role": "assistant", "content": label},
    ]


def test_a_passage_without_a_type_is_asked_about_alone(config: Config) -> None:
    record = {"text": "The term renews.", "label": config.task.labels[0]}
    outcome = to_conversation(record, config.task)
    assert not isinstance(outcome, Reject)
    assert outcome[1]["content"] == "The term renews."


def test_an_empty_line_stands_only_before_the_question(config: Config) -> None:
    record = {
        "text": "1. The term renews.\r\n\r\n2. The fee rises.",
        "label": config.task.labels[0],
    }
    alone = to_conversation(record, config.task)
    typed = to_conversation({**record, "type": "renewal\nterm"}, config.task)
    assert not isinstance(alone, Reject) and not isinstance(typed, Reject)
    passage = "1. The term renews. 2. The fee rises."
    question = config.task.question_template.replace("{type}", "renewal term")
    assert [alone[1]["content"], typed[1]["content"]] == [passage, f"{passage}\n\n{question}"]


@pytest.mark.parametrize("kind", ["", "renewal term"])
@pytest.mark.parametrize("typed", ["The term renews.", "1. The term renews.\n\n2. The fee  rises."])
def test_a_typed_passage_is_asked_about_as_in_training(
    config: Config, kind: str, typed: str
) -> None:
    columns = {"text": ["text"], "label": ["label"]} | ({"type": ["type"]} if kind else {})
    record = {"text": typed, "type": kind, "label": config.task.labels[0]}
    trained = to_conversation(record, config.task)
    asked = f"{kind}\n{typed}" if kind else typed
    prompt = build_prompt(format_question(asked, config.task, columns), config.task)
    assert [*prompt, {"role": "assistant", "content": record["label"]}] == trained


def test_a_typed_passage_may_have_its_question(config: Config) -> None:
    columns = {"text": ["text"], "type": ["type"], "label": ["label"]}
    question = config.task.question_template.replace("{type}", "renewal term")
    typed = f"1. The term renews.\n\n{question}"
    assert format_question(typed, config.task, columns) == typed


@pytest.mark.parametrize("mark", ["", "N/A", "-", "\u65e0"])
def test_no_question_is_asked_about_a_type_that_is_missing(config: Config, mark: str) -> None:
    record = {"text": "The term renews.", "type": mark, "label": config.task.labels[0]}
    outcome = to_conversation(record, config.task)
    assert not isinstance(outcome, Reject)
    assert outcome[1]["content"] == "The term renews."


def test_near_copies_are_told_by_the_passage_alone(config: Config) -> None:
    one, other = "Seller may terminate for convenience", "Seller may not terminate for convenience"
    asked = [append_question(text, "payment", config.task) for text in (one, other)]
    assert [near_dup_text(question) for question in asked] == [one, other]
    assert TextIndex(LabeledTexts([one, other], ["yes", "no"])).find_pairs([0], [1]) == []


def test_the_question_must_have_a_place_for_the_type(config: Config) -> None:
    values = config.task.model_dump() | {"question_template": "Is this such a clause?"}
    with pytest.raises(ValidationError, match=r"\{type\}"):
        TaskConfig(**values)


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("  ", "yes", "empty_input"),
        ("hello", " ", "empty_label"),
        ("hello", "maybe", "unknown_label"),
    ],
)
def test_a_passage_without_use_says_why(config: Config, text: str, label: str, reason: str) -> None:
    assert to_conversation({"text": text, "label": label}, config.task) == Reject(reason)


def test_a_passage_that_tells_its_answer_is_left_out(config: Config) -> None:
    task = config.task.model_copy(update={"leak_patterns": [r"label = \w+"]})
    label = task.labels[0]
    for note in ("[reviewer: label = Yes]", f"[answer: {label}]", f"tag={label.upper()}."):
        record = {"text": f"{note} The term renews.", "label": label}
        assert to_conversation(record, task) == Reject("label_in_input")


def test_only_a_label_is_an_answer(config: Config) -> None:
    label = config.task.labels[0]
    assert parse_prediction(f" {label}\nbecause", config.task) == label
    assert parse_prediction(f"I would say {label}", config.task) is None
