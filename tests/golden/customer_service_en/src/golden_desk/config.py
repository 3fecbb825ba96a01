"""The run, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import ProjectError

Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Words = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of run.yaml: unknown keys are refused, and 1 is not "1"."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RunConfig(Section):
    """What this run is called, and what makes it repeat."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


class DataConfig(Section):
    """Where the records are, and which column holds which field."""

    files: Annotated[list[Words], Field(min_length=1)]
    columns: dict[str, list[str]]
    validation_share: Share
    test_share: Share


class TaskConfig(Section):
    """What the model is told, and what it may answer."""

    system: Words
    system_untuned: Words
    labels: Annotated[list[Words], Field(min_length=2)]
    out_of_scope: str | None


class ModelConfig(Section):
    """The base model, and what its family needs said."""

    source: Literal["embedded", "folder", "huggingface", "modelscope"]
    id: Words
    revision: str | None
    end_of_turn: Words
    pad: Words
    template_arguments: dict[str, str | bool]
    precision: Literal["fp32", "bf16", "fp16"]
    attention: Literal["sdpa", "eager", "flash_attention_2"]


class AdapterConfig(Section):
    """The weights that are trained."""

    rank: Count
    alpha: Count
    dropout: Share
    targets: str | list[str]


class TrainingConfig(Section):
    """How they are trained."""

    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    schedule: Literal["linear", "cosine", "constant_with_warmup"]
    warmup: Share
    weight_decay: Share
    max_grad_norm: Annotated[float, Field(gt=0)]
    epochs: Count
    batch_size: Count
    accumulation: Count
    max_length: Count
    gradient_checkpointing: bool
    evaluations: Count
    time_budget_minutes: Annotated[float, Field(gt=0)] | None


class EvaluationConfig(Section):
    """How base, tuned and classical baseline are compared."""

    shots: Annotated[int, Field(ge=0)]
    batch_size: Count
    time_budget_minutes: Annotated[float, Field(gt=0)] | None


class Config(Section):
    """The whole of run.yaml."""

    run: RunConfig
    data: DataConfig
    task: TaskConfig
    model: ModelConfig
    adapter: AdapterConfig
    training: TrainingConfig
    evaluation: EvaluationConfig

    @model_validator(mode="after")
    def _fits_together(self) -> Config:
        if self.data.validation_share + self.data.test_share >= 1:
            raise ValueError("data.validation_share and data.test_share leave nothing to train on")
        if len(set(self.task.labels)) < len(self.task.labels):
            raise ValueError("task.labels names a label twice")
        if self.task.out_of_scope is not None and self.task.out_of_scope not in self.task.labels:
            raise ValueError("task.out_of_scope is not one of task.labels")
        return self


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path` with `KEY=VALUE` overrides; all faults at once, with their lines."""
    try:
        text = path.read_text(encoding="utf-8")
        values = yaml.safe_load(text)
        node = yaml.compose(text)
    except FileNotFoundError:
        raise ProjectError(f"{path} is missing", "run this from the project's folder") from None
    except yaml.YAMLError as error:
        raise ProjectError(f"{path} is not valid YAML: {error}") from None
    if node is None or not isinstance(values, dict):
        raise ProjectError(f"{path} has no sections", "restore it from git")
    lines = _lines(node)
    for override in overrides:
        _override(values, override)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        faults = [_fault(dict(detail), path, lines) for detail in error.errors()]
        raise ProjectError("\n".join(faults), _hint(text, faults)) from None


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *parents, last = key.split(".")
    section: Any = values
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise ProjectError(
            f"--set {override} names no value of run.yaml", "write --set training.epochs=1"
        )
    section[last] = yaml.safe_load(text)


def _lines(node: yaml.Node, prefix: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], int]:
    lines = {prefix: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*prefix, key.value))
            lines[(*prefix, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*prefix, index))
    return lines


def _fault(detail: dict[str, Any], path: Path, lines: dict[tuple[str | int, ...], int]) -> str:
    where = tuple(detail["loc"])
    while where and where not in lines:  # a union names its branch, a missing key has no line
        where = where[:-1]
    key = ".".join(str(part) for part in detail["loc"])
    place = f"{path}:{lines.get(where, 1)}: {key}".removesuffix(": ")
    match detail["type"]:
        case "extra_forbidden":
            return f"{place} is not a key{_nearest(detail['loc'])}"
        case "missing":
            return f"{place} is missing"
        case "float_type" | "int_type" if isinstance(detail["input"], str):
            return f"{place} is {detail['input']!r} (text), not a number"
    shown = "" if isinstance(detail["input"], dict) else f" is {detail['input']!r}"
    return f"{place}{shown}: {detail['msg'].removeprefix('Value error, ')}"


def _nearest(where: tuple[str | int, ...]) -> str:
    section: Any = Config
    for part in where[:-1]:
        section = section.model_fields[part].annotation
    close = difflib.get_close_matches(str(where[-1]), section.model_fields, n=1)
    return f"; the nearest is {close[0]}" if close else ""


def _hint(text: str, faults: list[str]) -> str:
    if any("(text), not a number" in fault for fault in faults):
        return "YAML reads 1e-4 as text: write 1.0e-4, and numbers without quotes"
    return "config/run.yaml as generated is in git" if text else "the file is empty"
