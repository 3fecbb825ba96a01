"""The task section of run.yaml: what the model is told, and what it may answer."""

from __future__ import annotations

from pydantic import field_validator

from .runtime.messages import fill
from .task_base import LabelTask, NonEmptyStr


class TaskConfig(LabelTask):
    """A question about a passage, answered with one of the labels."""

    question_template: NonEmptyStr

    @field_validator("question_template")
    @classmethod
    def _has_a_place(cls, question: str) -> str:
        if "{type}" not in question:
            raise ValueError(
                fill("{place} is missing: it stands for the clause type", place="{type}")
            )
        return question
