"""Records of this task, for the tests."""

from __future__ import annotations

from package_name.task import TaskConfig

COLUMNS = {"history": ["history"], "label": ["label"]}

SAME = ("Same text", "Same text")  # what counts as said twice


def with_labels(task: TaskConfig, labels: list[str]) -> TaskConfig:
    """The task with other labels."""
    return task.model_copy(update={"labels": labels, "recommendations": []})


def with_two_labels(task: TaskConfig) -> TaskConfig:
    """The task with two levels, one of them the risk, and a single input."""
    risk = task.positive[0]
    labels = [risk, next(label for label in task.labels if label not in task.positive)]
    changes = {"labels": labels, "positive": [risk], "recommendations": [], "inputs": ["history"]}
    return task.model_copy(update=changes)


def record(words: str, label: str) -> dict[str, str]:
    """A record by column."""
    return {"history": words, "label": label}
