"""The task section of run.yaml: what the model is told, and what it may answer."""

from __future__ import annotations

import re

from pydantic import field_validator

from .section import LabelTask, Words


class TaskConfig(LabelTask):
    """A question about a passage, answered with one of the labels."""

    answer_told: Words

    @field_validator("answer_told")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"this is no regular expression: {error}") from None
        return pattern
