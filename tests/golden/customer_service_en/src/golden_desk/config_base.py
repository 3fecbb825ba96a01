"""The sections that every run.yaml has, as types: the run, its data and its task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from .data.splits import Split
from .runtime.messages import fill
from .task import TaskConfig
from .task_base import ConfigSection, NonEmptyStr

PositiveFraction = Annotated[float, Field(gt=0, lt=1)]


class RunSection(ConfigSection):
    """The name of the run, and the seed that makes its figures reproducible."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


class DataConfig(ConfigSection):
    """Where the records are, and which column holds which field."""

    files: Annotated[list[NonEmptyStr], Field(min_length=1)]
    columns: dict[str, list[str]]
    slice_fields: list[str]
    validation_fraction: PositiveFraction
    test_fraction: PositiveFraction
    compare_digits: bool = False  # absent where it makes little difference
    given_splits: list[Split] = Field(default=[])  # absent where the files give none

    @model_validator(mode="after")
    def _slices_are_fields(self) -> DataConfig:
        if unknown := [name for name in self.slice_fields if name not in self.columns]:
            raise ValueError(
                fill(
                    "slice_fields contains {name}, which is not a field of data.columns",
                    name=unknown[0],
                )
            )
        return self

    @model_validator(mode="after")
    def _leaves_rows_to_train_on(self) -> DataConfig:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                fill("validation_fraction and test_fraction leave no rows for training")
            )
        return self


class BaseConfig(ConfigSection):
    """The sections of run.yaml that formatting the data needs."""

    run: RunSection
    data: DataConfig
    task: TaskConfig

    @field_validator("task")
    @classmethod
    def _can_do_with_the_fields(cls, task: TaskConfig, info: ValidationInfo) -> TaskConfig:
        if data := info.data.get("data"):
            task.refuse_fields(data.columns, data.slice_fields)
        return task


def find_changed_keys(
    before: Mapping[str, Any], config: BaseConfig, sections: Sequence[str]
) -> list[str]:
    """The keys of some sections whose values have changed."""
    now = config.model_dump(mode="json")  # as files keep it, where tuples are lists
    return [
        f"{section}.{key}"
        for section in sections
        for key in sorted(before.get(section, {}).keys() | now[section].keys())
        if before.get(section, {}).get(key) != now[section].get(key)
        and key != "base_system_prompt"  # the base model alone: no effect on rows or training
    ]
