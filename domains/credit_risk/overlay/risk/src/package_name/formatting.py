"""How one application becomes one training conversation: the file a credit officer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts, the risk levels and the fields that the model is shown are data: they live
in config/run.yaml. Fields that are protected or known only later are not among task.inputs.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from .data.label_rules import find_label
from .data.outcome_rules import find_outcome_fault
from .data.record_rules import find_reject_reason, read_single_label
from .data.table_fields import clean_value, format_fields
from .prompts import Conversation, Reject, build_conversation
from .runtime.errors import ProjectError
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("label",)  # of data.columns in run.yaml: every file has a column for it
DROP_NEAR_DUPLICATES = False  # two applications may be much alike: every value counts
MULTILINE_INPUT = True  # of a question in make chat
INPUT_HINT = fill("a line for each field, `field: value`; an empty line ends an application")


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ("recommendation", *task.inputs)


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: label, task.inputs and perhaps others.
    """
    values = {name: clean_value(record.get(name, "")) for name in task.inputs}
    if task.recommendations and "recommendation" not in record:
        raise ProjectError(
            "task.recommendations is not empty, but data.columns has no column for the "
            "recommendation",
            "set data.columns.recommendation in config/run.yaml to its column; or set "
            "task.recommendations: []",
        )
    advice = record["recommendation"] if task.recommendations else None
    label = read_single_label(record["label"], task.rules, task.labels)
    fault = find_reject_reason([*values.values()], label, task.leak_rules)
    fault = fault or find_outcome_fault(
        label, task.rules, recommendation=advice, indeterminate=task.indeterminate
    )
    if fault:
        return Reject(fault)
    level = task.parse_label(record["label"])
    if level is None:
        return Reject("unknown_label")
    if advice is None:
        return build_conversation(format_fields(values), level, task)
    recommendation = find_label(advice, task.recommendations)
    if recommendation is None:
        return Reject("unknown_recommendation")
    return build_conversation(format_fields(values), f"{level}\n{recommendation}", task)


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """Convert the input of make chat into the question of a training row: no change."""
    return text.strip()


def near_dup_text(question: str) -> str:
    """The part of a question that is compared to find duplicates: every value."""
    return question


def extract_labels(answer: str, task: TaskConfig) -> list[str]:
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
    level = task.parse_label(first_line)
    if level is None or not task.recommendations:
        return level
    recommendation = find_label(rest.partition("\n")[0], task.recommendations)
    return None if recommendation is None else f"{level}\n{recommendation}"
