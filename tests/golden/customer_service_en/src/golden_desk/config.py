"""The run, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .errors import ProjectError
from .keys import escape_controls
from .messages import fill
from .section import Section, Words
from .supported import HAS_REVISIONS, ONLY_MODEL, SOURCE
from .task import TaskConfig
from .yaml_lines import Keys, NotYamlError, Place, read_yaml

Share = Annotated[float, Field(ge=0, lt=1)]
Part = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
AS_GENERATED = "the file as it was generated: tar -xOf .newft/baseline.tar config/run.yaml"
NO_NUMBER = "{place} is {value} (text), not a number"
NO_TEXT = "{place} is {value}, which is not text"
# what pydantic asks of a value, by its name for it
RULES = {
    "greater_than": "it must be greater than {gt}",
    "greater_than_equal": "it must be {ge} or greater",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be {le} or less",
    "too_short": "it needs {min_length} entries or more",
    "string_too_short": "it must not be empty",
    "string_too_long": "it may have {max_length} characters at most",
    "string_pattern_mismatch": "it must match {pattern}",
    "literal_error": "it must be one of: {expected}",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be a finite number",
    "list_type": "it must be a list",
    "dict_type": "it must hold keys with values",
}
# the options of `newft new` that make a project with another source of the base model
NEW_PROJECT = {
    "embedded": "--model embedded",
    "folder": "--model ./MODEL_FOLDER",
    "huggingface": "--model {model}",
    "modelscope": "--model {model} --hub modelscope",
}


class RunConfig(Section):
    """What this run is called, and what makes it repeat."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


class DataConfig(Section):
    """Where the records are, and which column holds which field."""

    files: Annotated[list[Words], Field(min_length=1)]
    columns: dict[str, list[str]]
    slices: list[str]
    validation_share: Part
    test_share: Part

    @model_validator(mode="after")
    def _slices_are_fields(self) -> DataConfig:
        if unknown := [name for name in self.slices if name not in self.columns]:
            raise ValueError(
                fill("slices names {name}, which is no field of data.columns", name=unknown[0])
            )
        return self

    @model_validator(mode="after")
    def _leaves_rows_to_train_on(self) -> DataConfig:
        if self.validation_share + self.test_share >= 1:
            raise ValueError(fill("validation_share and test_share leave nothing to train on"))
        return self


class ModelConfig(Section):
    """The base model, and what its family needs said."""

    id: Words
    source: Literal["embedded", "folder", "huggingface", "modelscope"]
    revision: Words | None
    architecture: Words | None
    parameters: Count | None
    license: Words | None
    end_of_turn: Words
    pad: Words
    template_arguments: dict[str, str | bool]
    # auto: `make train` times what this CPU does fastest, and keeps it with the run
    precision: Literal["auto", "fp32", "bf16", "fp16"]
    attention: Literal["auto", "sdpa", "eager"]

    @field_validator("id")
    @classmethod
    def _can_be_loaded(cls, id: str) -> str:
        if ONLY_MODEL not in (None, id):
            raise ValueError(
                fill(
                    "this project can only load {model}; for another model, make another project: "
                    "newft new FOLDER --model {id}",
                    model=ONLY_MODEL,
                    id=id,
                )
            )
        return id

    @field_validator("source")
    @classmethod
    def _is_the_source_of_this_project(cls, source: str, info: ValidationInfo) -> str:
        if source != SOURCE:
            options = NEW_PROJECT[source].format(model=info.data.get("id", "ORGANISATION/MODEL"))
            raise ValueError(
                fill(
                    "this project loads its base model from {source} only; for another source, "
                    "make another project: newft new FOLDER {options}",
                    source=SOURCE,
                    options=options,
                )
            )
        return source

    @field_validator("revision")
    @classmethod
    def _is_known_to_the_source(cls, revision: str | None) -> str | None:
        if revision is not None and not HAS_REVISIONS:
            raise ValueError(
                fill("models from {source} have no revisions: write null", source=SOURCE)
            )
        return revision


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
    batch_size: Count | Literal["auto"]  # auto: the rows of an update in as few parts as is fastest
    accumulation: Count
    max_length: Count
    truncated_share: Share  # of the rows that may lose text to max_length
    gradient_checkpointing: bool
    evaluations: Count
    time_budget_minutes: Annotated[float, Field(gt=0)] | None
    device: Words
    processes: Count


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

    @field_validator("task")
    @classmethod
    def _can_do_with_the_fields(cls, task: TaskConfig, info: ValidationInfo) -> TaskConfig:
        if data := info.data.get("data"):
            task.refuse_fields(data.columns, data.slices)
        return task


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path` with `KEY=VALUE` overrides; all faults at once, with their places."""
    values, found = _read(path)
    faults = [f"{path}:{place.line}: {place.fault}" for place in found if place.fault]
    places = {(): f"{path}:1"} | {place.keys: f"{path}:{place.line}" for place in found}
    for override in overrides:
        keys = _override(values, override)
        places[keys] = f"--set {_dotted(keys)}"
    details: list[dict[str, Any]] = []
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors()]
        meant = {(*loc[:-1], _nearest(loc)) for loc in map(_odd, details) if loc}
        faults += [_fault(detail, places) for detail in details if detail["loc"] not in meant]
    else:
        if not faults:
            return config
    raise ProjectError("\n".join(map(escape_controls, faults)), _hint(details, faults))


def _read(path: Path) -> tuple[dict[str, Any], list[Place]]:
    """The values of the file, and where each of them is."""
    try:
        values, places = read_yaml(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProjectError(
            "{path} is missing", "run this from the project's folder", path=path
        ) from None
    except NotYamlError as error:
        if error.line is None:
            raise ProjectError(
                "{path} cannot be read: {reason}", AS_GENERATED, path=path, reason=error.reason
            ) from None
        raise ProjectError(
            "{path}:{line}: not YAML: {reason}",
            AS_GENERATED,
            path=path,
            line=error.line,
            reason=error.reason,
        ) from None
    except UnicodeDecodeError as error:
        raise ProjectError(
            "{path} cannot be read: {reason}", AS_GENERATED, path=path, reason=error
        ) from None
    if not isinstance(values, dict):
        raise ProjectError("{path} has no sections", AS_GENERATED, path=path)
    return values, places


def changed_keys(before: Mapping[str, Any], config: Config, sections: Sequence[str]) -> list[str]:
    """The keys of some sections that were other values before."""
    now = config.model_dump()
    return [
        f"{section}.{key}"
        for section in sections
        for key in sorted(before.get(section, {}).keys() | now[section].keys())
        if before.get(section, {}).get(key) != now[section].get(key)
        and key != "system_untuned"  # asks the base alone: neither rows nor training rest on it
    ]


def _override(values: dict[str, Any], override: str) -> Keys:
    """Put one `KEY=VALUE` in its place, and return that."""
    key, equals, text = override.partition("=")
    *parents, last = key.split(".")
    section: Any = values
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise ProjectError(
            "--set {override} names no value of run.yaml",
            "write --set training.epochs=1",
            override=override,
        )
    try:
        section[last], places = read_yaml(text)
    except NotYamlError:
        raise ProjectError(
            "--set {key}: {text} is not YAML", "put it in quotes", key=key, text=text
        ) from None
    for place in places:
        if place.fault:
            raise ProjectError("--set {key}: {fault}", key=key, fault=place.fault)
    return (*parents, last)


def _fault(detail: dict[str, Any], places: Mapping[Keys, str]) -> str:
    loc, value = tuple(detail["loc"]), detail["input"]
    where = loc
    while where not in places:  # a union names its branch, a missing key has no place
        where = where[:-1]
    place = f"{places[where]}: {_dotted(where)}"
    if places[where].startswith("--set"):
        place = places[where]
    match detail["type"]:
        case "missing":
            return fill("{place}: {key} is missing", place=places[where], key=_dotted(loc))
        case "extra_forbidden":
            return fill(
                "{place} is not a key; the nearest is {near}"
                if _nearest(loc)
                else "{place} is not a key",
                place=place,
                near=_nearest(loc),
            )
        case "model_type":
            return fill("{place} holds no keys", place=place)
        case "float_type" | "int_type" if isinstance(value, str):
            return fill(NO_NUMBER, place=place, value=repr(value))
        case "string_type":
            return fill(NO_TEXT, place=place, value=repr(value))
    return fill(
        "{place}: {fault}"
        if isinstance(value, (dict, list, BaseModel))
        else "{place} is {value}: {fault}",
        place=place,
        value=repr(value),
        fault=_rule(detail),
    )


def _rule(detail: Mapping[str, Any]) -> str:
    """What a value has to be, in the language of the project; pydantic has English alone."""
    if detail["type"] not in RULES:
        return str(detail["msg"]).removeprefix("Value error, ")
    bounds = dict(detail.get("ctx", {}))
    if "expected" in bounds:  # such as 'a', 'b' or 'c'
        bounds["expected"] = fill(", ").join(re.findall("'(.*?)'", bounds["expected"]))
    return fill(RULES[detail["type"]], **bounds)


def _dotted(keys: Keys) -> str:
    return ".".join(map(str, keys))


def _odd(detail: Mapping[str, Any]) -> Keys:
    """Where a key is that is none; it was meant for the one that is missed."""
    return detail["loc"] if detail["type"] == "extra_forbidden" else ()


def _nearest(where: Keys) -> str:
    section: Any = Config
    for part in where[:-1]:
        section = section.model_fields[part].annotation
    close = difflib.get_close_matches(str(where[-1]), section.model_fields, n=1)
    return close[0] if close else ""


def _hint(details: Sequence[Mapping[str, Any]], faults: Sequence[str]) -> str:
    numbers = [detail for detail in details if detail["type"] in ("float_type", "int_type")]
    if any(isinstance(detail["input"], str) for detail in numbers):
        return fill("YAML reads 1e-4 as text: write 1.0e-4, and numbers without quotes")
    if any(detail["type"] == "string_type" for detail in details):
        return fill("YAML reads yes, no, null and 12 as other things than text: put them in quotes")
    if all(fault.startswith("--set") for fault in faults):
        return ""
    return AS_GENERATED
