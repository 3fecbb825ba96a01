"""The task section of run.yaml: what the model is told and shown, and what it may answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from .section import LabelTask, Words


class TaskConfig(LabelTask):
    """Risk levels, the one whose probability is the score, and the facts that are shown."""

    positive: Words
    recommendations: list[Words]
    inputs: Annotated[list[Words], Field(min_length=1)]

    @model_validator(mode="after")
    def _positive_is_a_label(self) -> TaskConfig:
        if self.positive not in self.labels:
            raise ValueError(f"positive is {self.positive}, which is not one of the labels")
        return self
