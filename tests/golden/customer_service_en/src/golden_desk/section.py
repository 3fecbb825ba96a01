"""What all sections of run.yaml have in common, and what every task with labels has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .keys import normal_label

Words = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of run.yaml: unknown keys are refused, and 1 is not "1"."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Reason(NamedTuple):
    """What a code in rejects.jsonl means, and the field that is at fault."""

    words: str
    field: str = ""


class LabelTask(Section):
    """What the model is told, and the labels it may answer with."""

    # of the task's own rejects: what they mean, and what is asked where a field has many
    reasons: ClassVar[Mapping[str, Reason]] = {}
    doubts: ClassVar[Mapping[str, str]] = {}

    system: Words
    system_untuned: Words
    labels: Annotated[list[Words], Field(min_length=2)]

    @field_validator("labels")
    @classmethod
    def _each_once_and_as_compared(cls, labels: list[str]) -> list[str]:
        twice = [label for label, count in Counter(labels).items() if count > 1]
        odd = [label for label in labels if label != normal_label(label)]
        if twice:
            raise ValueError(f"{twice[0]} is there twice")
        if odd:
            raise ValueError(f"{odd[0]!r} is compared as {normal_label(odd[0])}: write it so")
        return labels

    def refuse_fields(self, columns: Mapping[str, Sequence[str]], slices: Sequence[str]) -> None:
        """Raise ValueError for fields of the data section that the task cannot do with."""
