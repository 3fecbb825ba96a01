"""The task section of run.yaml: what the model is told and shown, and what it may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from .data.given_splits import SPLIT_FIELD
from .data.outcome_rules import OUTCOME_REJECT_REASONS
from .data.reject_reasons import RejectReason
from .runtime.messages import fill
from .task_base import LabelTask, NonEmptyStr, validate_distinct_labels

# fields of data.columns that no prompt shows: what is to be found out, and whose row it is
NON_INPUT_FIELDS = ("label", "recommendation", "group")


class TaskConfig(LabelTask):
    """Risk levels, those whose summed probability is the score, and the facts that are shown."""

    reject_reasons: ClassVar[Mapping[str, RejectReason]] = OUTCOME_REJECT_REASONS

    positive: Annotated[list[NonEmptyStr], Field(min_length=1)]
    # levels of rows that are left out
    indeterminate: list[NonEmptyStr] = Field(default_factory=list)
    recommendations: list[NonEmptyStr]
    inputs: Annotated[list[NonEmptyStr], Field(min_length=1)]

    @field_validator("recommendations")
    @classmethod
    def _recommendations_differ(cls, recommendations: list[str]) -> list[str]:
        return validate_distinct_labels(recommendations)

    @field_validator("positive", mode="before")
    @classmethod
    def _one_level_may_stand_alone(cls, positive: Any) -> Any:
        return [positive] if isinstance(positive, str) else positive

    @model_validator(mode="after")
    def _positive_levels_are_some_of_the_labels(self) -> TaskConfig:
        for label in self.positive:
            if label not in self.labels:
                raise ValueError(
                    fill("positive contains {label}, which is not one of task.labels", label=label)
                )
        if {*self.labels} <= {*self.positive}:
            raise ValueError(fill("positive contains all of task.labels: leave one out at least"))
        for label in self.indeterminate:
            if self.parse_label(label):
                raise ValueError(
                    fill("indeterminate contains {label}, which is one of task.labels", label=label)
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
