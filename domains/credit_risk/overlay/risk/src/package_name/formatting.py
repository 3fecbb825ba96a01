"""How one application becomes one training conversation: the file a credit officer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts, the risk levels and the fields that the model is shown are data: they live
in config/run.yaml. Fields that are protected or known only later are not among task.inputs.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from .data.label_rules import find_label
from .data.normalize import MISSING_LABEL, MISSING_VALUE, is_missing
from .prompts import Conversation, Reject, build_conversation
from .runtime.errors import ProjectError
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("label",)  # of data.columns in run.yaml: every file has a column for it
DROP_NEAR_DUPLICATES = False  # two applications may be much alike, and are two
MULTILINE_INPUT = True  # of a question in make chat
INPUT_HINT = fill("a line for each field, `field: value`; an empty line ends an application")

MISSING_MARK = "-"


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ("recommendation", *task.inputs)


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: label, task.inputs and perhaps others.
    """
    values = {name: clean_value(record.get(name, "")) for name in task.inputs}
    if not any(values.values()):
        return Reject("empty_input")
    level = task.label_of(record["label"])
    if level is None:
        return Reject(
            "empty_label" if is_missing(record["label"], MISSING_LABEL) else "unknown_label"
        )
    if any(task.states_label(value, [level]) for value in values.values()):
        return Reject("label_in_input")
    if not task.recommendations:
        return build_conversation(format_fields(values), level, task)
    if "recommendation" not in record:
        raise ProjectError(
            "task.recommendations lists what may be recommended, and no column holds it",
            "name its column in config/run.yaml: data.columns.recommendation;"
            " or write task.recommendations: []",
        )
    recommendation = find_label(record["recommendation"], task.recommendations)
    if recommendation is None:
        missing = is_missing(record["recommendation"], MISSING_LABEL)
        return Reject("empty_recommendation" if missing else "unknown_recommendation")
    return build_conversation(format_fields(values), f"{level}\n{recommendation}", task)


def clean_value(cell: str) -> str:
    """What a cell says, on one line; nothing where it holds a mark that it is not known."""
    return "" if is_missing(cell, MISSING_VALUE) else " ".join(cell.split())


def format_fields(values: Mapping[str, str]) -> str:
    """The facts of an application, a line each."""
    return "\n".join(
        f"{name.replace('_', ' ')}: {value or MISSING_MARK}" for name, value in values.items()
    )


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it: as it is."""
    return text.strip()


def dedup_key(question: str) -> str:
    """What two rows share when one repeats the other: every value."""
    return question


def near_dup_text(question: str) -> str:
    """What nearly the same rows are told by: every value."""
    return question


def split_key(question: str) -> str:
    """What rows without a group share to be in one split: all of their values."""
    return question


def extract_labels(answer: str) -> list[str]:
    """The risk level that an answer names."""
    return [answer.partition("\n")[0]]


def list_candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every level, with every recommendation."""
    if not task.recommendations:
        return task.labels
    return [f"{level}\n{advice}" for level in task.labels for advice in task.recommendations]


def parse_prediction(answer: str, task: TaskConfig) -> str | None:
    """The risk level, and the recommendation where the task has one; None where one is missing."""
    first_line, _, rest = answer.strip().partition("\n")
    level = task.label_of(first_line)
    if level is None or not task.recommendations:
        return level
    recommendation = find_label(rest.partition("\n")[0], task.recommendations)
    return None if recommendation is None else f"{level}\n{recommendation}"
