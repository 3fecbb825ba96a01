"""Records of this task, for the tests."""

from __future__ import annotations

from package_name.task import TaskConfig

COLUMNS = {"text": ["text"], "label": ["label"]}

SAME = ("Same text", "same TEXT!")  # what counts as said twice


def with_labels(task: TaskConfig, labels: list[str]) -> TaskConfig:
    """The task with other labels."""
    return task.model_copy(update={"labels": labels})


def with_two_labels(task: TaskConfig) -> TaskConfig:
    """The task with two answers only."""
    return task.model_copy(update={"labels": task.labels[:2]})


def record(words: str, label: str) -> dict[str, str]:
    """A record by column."""
    return {"text": words, "label": label}
