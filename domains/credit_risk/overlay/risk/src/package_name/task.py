"""The task section of run.yaml: what the model is told and shown, and what it may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from .data.given_splits import SPLIT_FIELD
from .runtime.messages import fill
from .task_base import LabelTask, NonEmptyStr, validate_distinct_labels

# fields of data.columns that no prompt shows: what is to be found out, and whose row it is
NON_INPUT_FIELDS = ("label", "recommendation", "group")


class TaskConfig(LabelTask):
    """Risk levels, the one whose probability is the score, and the facts that are shown."""

    positive: NonEmptyStr
    recommendations: list[NonEmptyStr]
    inputs: Annotated[list[NonEmptyStr], Field(min_length=1)]

    @field_validator("recommendations")
    @classmethod
    def _recommendations_differ(cls, recommendations: list[str]) -> list[str]:
        return validate_distinct_labels(recommendations)

    @model_validator(mode="after")
    def _positive_is_a_label(self) -> TaskConfig:
        if self.positive not in self.labels:
            raise ValueError(
                fill("positive is {label}, which is not one of task.labels", label=self.positive)
            )
        return self

    def refuse_fields(self, columns: Mapping[str, Sequence[str]], slices: Sequence[str]) -> None:
        """Raise ValueError for an input that must not be shown, or a field that is none."""
        for name in self.inputs:
            if name not in columns:
                raise ValueError(
                    fill("inputs contains {name}, which is not a field of data.columns", name=name)
                )
            if name in NON_INPUT_FIELDS:
                raise ValueError(
                    fill("inputs contains {name}, which must not appear in prompts", name=name)
                )
            if name in slices:
                raise ValueError(
                    fill(
                        "inputs contains {name}, which is in data.slice_fields and must "
                        "not appear in prompts",
                        name=name,
                    )
                )
        if unused := columns.keys() - {*self.inputs, *slices, *NON_INPUT_FIELDS, SPLIT_FIELD}:
            name = min(unused)
            raise ValueError(
                fill(
                    "data.columns.{name} is in no prompt: add it to inputs, or remove it "
                    "from data.columns",
                    name=name,
                )
            )
