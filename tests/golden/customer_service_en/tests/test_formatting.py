"""One text with its label in, one conversation or a reason out."""

from __future__ import annotations

import pytest

from golden_desk.config import Config
from golden_desk.formatting import parse_prediction, to_conversation
from golden_desk.prompts import Reject


def test_a_text_becomes_a_short_question_and_its_label(config: Config) -> None:
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
        ("hello", "N/A", "empty_label"),
        ("hello", "nan", "empty_label"),
        ("hello", "None", "unknown_label"),
        ("hello", "no such label", "unknown_label"),
    ],
)
def test_a_record_without_use_says_why(config: Config, text: str, label: str, reason: str) -> None:
    assert to_conversation({"text": text, "label": label}, config.task) == Reject(reason)


@pytest.mark.parametrize("label", ["none", "null"])
def test_what_the_list_holds_is_a_label(label: str, config: Config) -> None:
    task = config.task.model_copy(update={"labels": [*config.task.labels, label]})
    made = to_conversation({"text": "hello", "label": label.title()}, task)
    assert made[-1] == {"role": "assistant", "content": label}


@pytest.mark.parametrize(
    "label",
    [
        "Refund (late)",
        "\u9000\u6b3e\uff08\u542b\u8fd0\u8d39\uff09",
        "\uff26\uff55\uff4c\uff4c Width",
        "A-B_c",
    ],
)
def test_a_label_is_written_as_the_list_spells_it(label: str, config: Config) -> None:
    task = config.task.model_copy(update={"labels": [*config.task.labels, label]})
    for spelling in (label, f" {label.upper()}", label.replace(" ", "\u00a0"), f"\u200b{label}"):
        made = to_conversation({"text": "hello", "label": spelling}, task)
        assert made[-1] == {"role": "assistant", "content": label}
        assert parse_prediction(f"{spelling}\nbecause", task) == label


@pytest.mark.parametrize(
    "form",
    [
        "[{field}: {label}] hello",
        "hello #{label}",
        "{field}\uff1a{label} \u4f60\u597d",
        "label={label}",
    ],
)
def test_a_text_that_states_its_label_is_left_out(form: str, config: Config) -> None:
    label, field = "some_label", "kind"
    given = {"label_field_names": [field], "leak_patterns": [], "stated_label_positions": []}
    task = config.task.model_copy(update={"labels": [label, "another"], **given})
    record = {"text": form.format(field=field, label=label.upper()), "label": label}
    assert to_conversation(record, task) == Reject("label_in_input")
    assert to_conversation({**record, "text": f"hello {label}"}, task)[-1]["content"] == label


def test_only_a_label_of_the_list_is_an_answer(config: Config) -> None:
    label = config.task.labels[0]
    assert parse_prediction(f" {label}\nbecause", config.task) == label
    assert parse_prediction(f"The label is {label}", config.task) is None
    assert parse_prediction("", config.task) is None
