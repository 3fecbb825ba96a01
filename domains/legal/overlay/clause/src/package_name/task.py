"""The task section of run.yaml: what the model is told, and what it may answer."""

from __future__ import annotations

import re

from pydantic import field_validator

from .messages import fill
from .section import LabelTask, Words


class TaskConfig(LabelTask):
    """A question about a passage, answered with one of the labels."""

    asks_about: Words
    answer_told: Words

    @field_validator("asks_about")
    @classmethod
    def _has_a_place(cls, question: str) -> str:
        if "{type}" not in question:
            raise ValueError(
                fill("{place} is missing: it stands for the clause type", place="{type}")
            )
        return question

    @field_validator("answer_told")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(
                fill("this is not a regular expression: {reason}", reason=error)
            ) from None
        return pattern
