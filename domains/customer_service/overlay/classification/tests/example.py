"""Records of this task, for the tests."""

from __future__ import annotations

from package_name.task import TaskConfig

COLUMNS = {"text": ["text"], "label": ["label"]}

SAME = ("Same text", "same TEXT!")  # what counts as said twice


def with_labels(task: TaskConfig, labels: list[str]) -> TaskConfig:
    """The task with other labels."""
    return task.model_copy(update={"labels": labels, "out_of_scope": None})


def with_two_labels(task: TaskConfig) -> TaskConfig:
    """The task with two labels only, one of them out of scope where there is such a label."""
    labels = list(dict.fromkeys([task.out_of_scope or task.labels[0], *reversed(task.labels)]))
    return task.model_copy(update={"labels": labels[:2]})


def record(words: str, label: str) -> dict[str, str]:
    """A record by column."""
    return {"text": words, "label": label}
