"""How one application becomes one training conversation: the file a credit officer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts, the risk levels and the fields that the model is shown are data: they live
in config/run.yaml. Fields that are protected or known only later are not among task.inputs.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from .conversation import Conversation, Reject, to_example
from .errors import ProjectError
from .keys import NO_FACT, NO_LABEL, find_label, is_missing
from .label_leaks import stated_label
from .messages import fill
from .task import TaskConfig

FIELDS = ("label",)  # of data.columns in run.yaml: every file has a column for it
NEAR_DUPLICATES = False  # two applications may be much alike, and are two
SEVERAL_LINES = True  # of a question in make chat
HOW = fill("a line for each field, `field: value`; an empty line ends an application")

NOT_GIVEN = "-"


def more_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ("recommendation", *task.inputs)


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: label, task.inputs and perhaps others.
    """
    values = {name: fact(record.get(name, "")) for name in task.inputs}
    if not any(values.values()):
        return Reject("empty_input")
    level = task.label_of(record["label"])
    if level is None:
        return Reject("empty_label" if is_missing(record["label"], NO_LABEL) else "unknown_label")
    if any(stated_label(value, [level]) for value in values.values()):
        return Reject("label_in_input")
    if not task.recommendations:
        return to_example(as_lines(values), level, task)
    if "recommendation" not in record:
        raise ProjectError(
            "task.recommendations lists what may be recommended, and no column holds it",
            "name its column in config/run.yaml: data.columns.recommendation;"
            " or write task.recommendations: []",
        )
    recommendation = find_label(record["recommendation"], task.recommendations)
    if recommendation is None:
        missing = is_missing(record["recommendation"], NO_LABEL)
        return Reject("empty_recommendation" if missing else "unknown_recommendation")
    return to_example(as_lines(values), f"{level}\n{recommendation}", task)


def fact(cell: str) -> str:
    """What a cell says, on one line; nothing where it holds a mark that it is not known."""
    return "" if is_missing(cell, NO_FACT) else " ".join(cell.split())


def as_lines(values: Mapping[str, str]) -> str:
    """The facts of an application, a line each."""
    return "\n".join(
        f"{name.replace('_', ' ')}: {value or NOT_GIVEN}" for name, value in values.items()
    )


def asked(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it: as it is."""
    return text.strip()


def identity(question: str) -> str:
    """What two rows share when one repeats the other: every value."""
    return question


def compared(question: str) -> str:
    """What nearly the same rows are told by: every value."""
    return question


def kept_together(question: str) -> str:
    """What rows without a group share to be in one split: all of their values."""
    return question


def labels_in(answer: str) -> list[str]:
    """The risk level that an answer names."""
    return [answer.partition("\n")[0]]


def candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every level, with every recommendation."""
    if not task.recommendations:
        return task.labels
    return [f"{level}\n{advice}" for level in task.labels for advice in task.recommendations]


def read_answer(answer: str, task: TaskConfig) -> str | None:
    """The risk level, and the recommendation where the task has one; None where one is missing."""
    first_line, _, rest = answer.strip().partition("\n")
    level = task.label_of(first_line)
    if level is None or not task.recommendations:
        return level
    recommendation = find_label(rest.partition("\n")[0], task.recommendations)
    return None if recommendation is None else f"{level}\n{recommendation}"
