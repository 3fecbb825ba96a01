"""One application in, one conversation or a reason out."""

from __future__ import annotations

import pytest

from package_name.config import Config
from package_name.formatting import (
    list_candidates,
    parse_prediction,
    to_conversation,
)
from package_name.prompts import Reject, build_base_prompt
from package_name.runtime.errors import ProjectError
from package_name.task import TaskConfig


@pytest.fixture
def task(config: Config) -> TaskConfig:
    """Levels with recommendations, from two facts."""
    changes = {"recommendations": ["approve", "decline"], "inputs": ["credit_history", "income"]}
    return config.task.model_copy(update=changes)


def test_the_facts_stand_a_line_each_and_nothing_else_does(task: TaskConfig) -> None:
    record = {
        "age": "41", "income": "", "credit_history": "clean\nsince 2019",
        "label": task.labels[0].upper(), "recommendation": "Approve",
    }  # fmt: skip
    assert to_conversation(record, task) == [
        {"role": "system", "content": task.system},
        {"role": "user", "content": "credit history: clean since 2019\nincome: -"},
        {"role": "assistant", "content": f"{task.labels[0]}\napprove"},
    ]


@pytest.mark.parametrize(
    ("history", "label", "recommendation", "reason"),
    [
        ("  ", "0", "approve", "empty_input"),
        ("clean", " ", "approve", "empty_label"),
        ("clean", "no such level", "approve", "unknown_label"),
        ("clean", "N/A", "approve", "empty_label"),
        ("N/A", "0", "approve", "empty_input"),
        ("clean", "0", "", "empty_recommendation"),
        ("clean", "0", "n/a", "empty_recommendation"),
        ("clean", "0", "ask mother", "unknown_recommendation"),
    ],
)
def test_an_application_without_use_says_why(
    task: TaskConfig, history: str, label: str, recommendation: str, reason: str
) -> None:
    level = task.labels[0] if label == "0" else label
    record = {"credit_history": history, "label": level, "recommendation": recommendation}
    assert to_conversation(record, task) == Reject(reason)


def test_a_level_whose_outcome_is_not_known_yet_is_left_out(task: TaskConfig) -> None:
    task = task.model_copy(update={"indeterminate": ["In Grace Period"]})
    record = {"credit_history": "clean", "label": " in grace  period", "recommendation": ""}
    assert to_conversation(record, task) == Reject("indeterminate_label")
    record = {"credit_history": "clean", "label": task.labels[0], "recommendation": "approve"}
    assert not isinstance(to_conversation(record, task), Reject)


def test_without_a_column_of_recommendations_its_key_is_named(task: TaskConfig) -> None:
    record = {"credit_history": "clean", "label": task.labels[0]}
    with pytest.raises(ProjectError) as caught:
        to_conversation(record, task)
    assert "data.columns.recommendation" in caught.value.hint


@pytest.mark.parametrize(
    "cell",
    [
        "n/a",
        "NaN",
        "\u672a\u63d0\u4f9b",
        "#VALUE!",
        "#DIV/0!",
        "?",
        "-",
        "--",
        "\\N",
        "not provided",
    ],
)
def test_a_mark_of_what_is_not_known_is_no_fact(task: TaskConfig, cell: str) -> None:
    assert facts(task, cell) == "credit history: clean\nincome: -"


@pytest.mark.parametrize("cell", ["none", "\u65e0", "\u6682\u65e0", "0", "no"])
def test_none_may_be_a_fact(task: TaskConfig, cell: str) -> None:
    assert facts(task, cell) == f"credit history: clean\nincome: {cell}"


def facts(task: TaskConfig, income: str) -> str:
    """What the model is shown of an application with such an income."""
    record = {"credit_history": "clean", "income": income, "label": task.labels[0]}
    messages = to_conversation({**record, "recommendation": "approve"}, task)
    assert not isinstance(messages, Reject)
    return messages[-2]["content"]


def test_a_field_that_states_the_level_is_left_out(task: TaskConfig) -> None:
    record = {"income": "3", "label": task.labels[0], "recommendation": "approve"}
    for remark in (f"risk level: {task.labels[0].upper()}", f"seen [label={task.labels[0]}]"):
        assert to_conversation({**record, "credit_history": remark}, task) == (
            Reject("label_in_input")
        )


def test_an_answer_is_a_level_and_its_recommendation(task: TaskConfig) -> None:
    level = task.labels[0]
    assert parse_prediction(f"{level.upper()}\n Decline\nbecause", task) == f"{level}\ndecline"
    assert parse_prediction(level, task) is None
    assert len(list_candidates(task)) == 4


def test_without_recommendations_the_level_is_the_answer(config: Config) -> None:
    level = config.task.labels[0]
    assert parse_prediction(f" {level}\nbecause", config.task) == level
    assert list_candidates(config.task) == config.task.labels


def test_the_base_model_is_told_every_line_it_may_answer(task: TaskConfig) -> None:
    words = "Levels:\n{labels}\nAdvice:\n{recommendations}"
    task = task.model_copy(update={"base_system_prompt": words})
    system, asked = build_base_prompt("income: 3", task)
    assert system["content"].split("\n") == [
        "Levels:", *task.labels, "Advice:", *task.recommendations,
    ]  # fmt: skip
    assert asked == {"role": "user", "content": "income: 3"}


def test_the_prompt_of_this_project_lists_what_is_read_back(run_yaml: Config) -> None:
    task = run_yaml.task
    told = build_base_prompt("income: 3", task)[0]["content"].split("\n")
    assert {line for answer in list_candidates(task) for line in answer.split("\n")} <= {*told}
