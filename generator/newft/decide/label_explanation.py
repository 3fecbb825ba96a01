"""What labels such as 是, no or 1 mean: the base model does not know the column they are from."""

from __future__ import annotations

import re

from newft.emitted.normalize import normalize_label
from newft.schema.dataset import DataFacts
from newft.schema.kit import NO_LABELS, YES_LABELS, Task
from newft.text import Language

_BARE_LABEL_PATTERN = re.compile(r"[a-z]|[+_]?\d+(\.\d+)?")  # normalize_label writes -1 as _1


def is_bare_label(label: str) -> bool:
    """Whether a label says nothing without the name of its column or a question."""
    name = normalize_label(label)
    return name in (*YES_LABELS, *NO_LABELS) or _BARE_LABEL_PATTERN.fullmatch(name) is not None


def explain_bare_labels(task: Task, data: DataFacts, language: Language) -> str:
    """A sentence for the base model's prompt; empty where labels or a question say enough."""
    roles = {field.role: name for name, field in task.fields.items()}
    asked_in_words = task.context_field in data.mapping  # by the question template
    if asked_in_words or not any(map(is_bare_label, data.labels)):
        return ""
    column = " ".join(data.mapping[roles["label"]][0].split())
    title = task.positive.title.to(language) if task.positive and data.positive else ""
    if language == "zh":
        quoted = "".join(f"“{label}”" for label in data.positive)
        meaning = f"{quoted}表示{title}。" if title else ""
        return f"要回答的是数据中“{column}”一列的取值。{meaning}"
    quoted = " and ".join(f'"{label}"' for label in data.positive)
    verb = "is" if len(data.positive) == 1 else "are"
    meaning = f" {quoted} {verb} the {title}." if title else ""
    return f'What is asked for is the value of "{column}" in the records.{meaning}'
