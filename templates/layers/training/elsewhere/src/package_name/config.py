"""The settings of the data, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from .data.normalize import escape_controls
from .data.splits import Split
from .runtime.config_errors import choose_hint, describe_errors
from .runtime.config_file import apply_override, describe_fault, read_document
from .runtime.errors import ProjectError
from .runtime.messages import fill
from .runtime.yaml_lines import join_keys
from .task import TaskConfig
from .task_base import ConfigSection, NonEmptyStr

PositiveFraction = Annotated[float, Field(gt=0, lt=1)]


class RunConfig(ConfigSection):
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


class Config(ConfigSection):
    """The whole of run.yaml."""

    run: RunConfig
    data: DataConfig
    task: TaskConfig

    @field_validator("task")
    @classmethod
    def _can_do_with_the_fields(cls, task: TaskConfig, info: ValidationInfo) -> TaskConfig:
        if data := info.data.get("data"):
            task.refuse_fields(data.columns, data.slice_fields)
        return task


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path` with `KEY=VALUE` overrides; all faults at once, with their places."""
    document = read_document(path)
    values: dict[str, Any] = document.value
    faults = [describe_fault(path, fault) for fault in document.faults]
    places = {keys: f"{path}:{entry.line}" for keys, entry in document.entries.items()}
    for override in overrides:
        keys = apply_override(values, override)
        places[keys] = f"--set {join_keys(keys)}"
    details: list[dict[str, Any]] = []
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors()]
        faults += describe_errors(details, places, Config)
    else:
        if not faults:
            return config
    raise ProjectError("\n".join(map(escape_controls, faults)), choose_hint(details, faults))


def find_changed_keys(
    before: Mapping[str, Any], config: Config, sections: Sequence[str]
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
