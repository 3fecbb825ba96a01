"""The shapes that records can have, and what detecting the task of files found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newft.text import Text

# What each column of a record is for, whatever it is about. Tasks exist for the first four.
Shape = Literal[
    "text_label",
    "text_labels",
    "text_type_yes_no",
    "table_label",
    "question_answer",
    "dialogue",
    "document",
]

SHAPE_TITLES: dict[Shape, Text] = {
    "text_label": Text("text and one label", "文本加一个标签"),
    "text_labels": Text("text and several labels", "文本加多个标签"),
    "text_type_yes_no": Text("text, type and yes or no", "文本、类型加是否判断"),
    "table_label": Text("table and label", "表格加标签"),
    "question_answer": Text("question and free answer", "问题加自由回答"),
    "dialogue": Text("dialogue", "多轮对话"),
    "document": Text("document without labels", "没有标签的文档"),
}


@dataclass(frozen=True)
class TaskRefusal:
    """A task that the records are not of, and why."""

    task: str  # as domain/task
    reason: Text
    lacks_column: bool = False  # whether a field has no column, whatever the others hold


@dataclass(frozen=True)
class TaskDetection:
    """Which tasks the records are of: one that is taken, several that are asked about, or none."""

    tasks: tuple[str, ...]  # as domain/task
    shapes: tuple[Shape, ...] = ()  # that the records have
    seen: Text | None = None  # the words that speak for each domain
    refusals: tuple[TaskRefusal, ...] = ()
