"""The run, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .data.normalize import escape_controls
from .data.splits import Split
from .model.method import Checkpointing, MethodConfig
from .model.supported_models import HAS_REVISIONS, MODEL_SOURCE, ONLY_MODEL_ID
from .runtime.config_errors import choose_hint, describe_errors
from .runtime.config_file import apply_override, describe_fault, read_document
from .runtime.errors import ProjectError
from .runtime.messages import fill
from .runtime.yaml_lines import join_keys
from .task import TaskConfig
from .task_base import ConfigSection, NonEmptyStr, NonNegativeFraction, PositiveCount
from .training.device_settings import Attention, BatchSize, Precision, TimedSection

PositiveFraction = Annotated[float, Field(gt=0, lt=1)]
MemoryRange = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)]
<<<<<<< HEAD
RESTORE_HINT = "the file as it was generated: tar -xOf .newft/snapshot.tar config/run.yaml"
NOT_A_NUMBER_MESSAGE = "{place} is {value} (text), not a number"
NOT_TEXT_MESSAGE = "{place} is {value}, which is not text"
# what pydantic asks of a value, by its name for it
RULE_MESSAGES = {
    "greater_than": "it must be greater than {gt}",
    "greater_than_equal": "it must be {ge} or greater",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be {le} or less",
    "too_short": "it needs {min_length} entries or more",
    "too_long": "it may have {max_length} entries at most",
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
# keys of earlier versions of newft, and their names today
RENAMED_KEYS = {
    "adapter": "method",
    "data.slices": "data.slice_fields",
    "data.test_share": "data.test_fraction",
    "data.validation_share": "data.validation_fraction",
    "evaluation.shots": "evaluation.few_shot_examples",
    "task.answer_told": "task.leak_patterns",
    "task.asks_about": "task.question_template",
    "task.system_untuned": "task.base_system_prompt",
    "training.accumulation": "training.gradient_accumulation_steps",
    "training.evaluations": "training.num_evaluations",
    "training.schedule": "training.lr_scheduler",
    "training.truncated_share": "training.max_truncated_fraction",
    "training.warmup": "training.warmup_ratio",
}
RENAMED_MESSAGE = "{place} is now called {name}"
=======
>>>>>>> f850d17f (Name no unused value in a test)
# the options of `newft new` that make a project with another source of the base model
NEWFT_OPTIONS_BY_SOURCE = {
    "embedded": "--model embedded",
    "folder": "--model ./MODEL_FOLDER",
    "huggingface": "--model {model}",
    "modelscope": "--model {model} --hub modelscope",
}


class RunConfig(ConfigSection):
    """The name of the run, and the seed that makes it reproducible."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    # lowest and highest; absent where the size of the model is unknown
    estimated_memory_gb: MemoryRange | None = None


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


class ModelConfig(ConfigSection):
    """The base model, and the settings that its family needs."""

    id: NonEmptyStr
    source: Literal["embedded", "folder", "huggingface", "modelscope"]
    revision: NonEmptyStr | None
    architecture: NonEmptyStr | None
    parameters: PositiveCount | None
    license: NonEmptyStr | None
    end_of_turn: NonEmptyStr
    pad: NonEmptyStr
    template_arguments: dict[str, str | bool]
    stop_tokens: list[NonEmptyStr] = Field(default=[])  # absent where end_of_turn is the only one
    system_turn: Literal["own", "user"] = "own"  # absent where the template has a system turn
    precision: Precision
    attention: Attention

    @field_validator("id")
    @classmethod
    def _can_be_loaded(cls, id: str) -> str:
        if ONLY_MODEL_ID not in (None, id):
            raise ValueError(
                fill(
                    "this project can only load {model}; for another model, generate another "
                    "project: newft new FOLDER --model {id}",
                    model=ONLY_MODEL_ID,
                    id=id,
                )
            )
        return id

    @field_validator("source")
    @classmethod
    def _is_the_source_of_this_project(cls, source: str, info: ValidationInfo) -> str:
        if source != MODEL_SOURCE:
            options = NEWFT_OPTIONS_BY_SOURCE[source].format(
                model=info.data.get("id", "ORGANISATION/MODEL")
            )
            raise ValueError(
                fill(
                    "this project loads its base model from {source} only; for another source, "
                    "generate another project: newft new FOLDER {options}",
                    source=MODEL_SOURCE,
                    options=options,
                )
            )
        return source

    @field_validator("revision")
    @classmethod
    def _is_known_to_the_source(cls, revision: str | None) -> str | None:
        if revision is not None and not HAS_REVISIONS:
            raise ValueError(
                fill("models from {source} have no revisions: set it to null", source=MODEL_SOURCE)
            )
        return revision


class TrainingConfig(TimedSection):
    """How the weights are trained."""

    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    lr_scheduler: Literal["linear", "cosine", "constant_with_warmup"]
    warmup_ratio: NonNegativeFraction
    weight_decay: NonNegativeFraction
    max_grad_norm: Annotated[float, Field(gt=0)]
    epochs: PositiveCount
    batch_size: BatchSize
    gradient_accumulation_steps: PositiveCount
    max_length: PositiveCount
    max_truncated_fraction: NonNegativeFraction  # of the rows that may lose text to max_length
    gradient_checkpointing: Checkpointing
    num_evaluations: PositiveCount
    device: Literal["cuda", "npu", "mps", "cpu"]
    processes: PositiveCount


class EvaluationConfig(TimedSection):
    """How base, tuned and classical baseline are compared."""

    few_shot_examples: Annotated[int, Field(ge=0)]
    batch_size: PositiveCount


class Config(ConfigSection):
    """The whole of run.yaml."""

    run: RunConfig
    data: DataConfig
    task: TaskConfig
    model: ModelConfig
    method: MethodConfig
    training: TrainingConfig
    evaluation: EvaluationConfig

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
<<<<<<< HEAD


def _apply_override(values: dict[str, Any], override: str) -> KeyPath:
    """Put one `KEY=VALUE` in its place, and return that."""
    key, equals, text = override.partition("=")
    if name := RENAMED_KEYS.get(key) or RENAMED_KEYS.get(key.partition(".")[0]):
        raise ProjectError(RENAMED_MESSAGE, place=f"--set {key}", name=name)
    *parents, last = key.split(".")
    section: Any = values
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise ProjectError(
            "--set {override} does not match a key of run.yaml",
            "the form is --set training.epochs=1",
            override=override,
        )
    try:
        document = read_yaml(text)
        faults = document.faults
    except YamlError as error:
        faults = error.faults
    if faults:
        raise ProjectError(
            "--set {key}: {fault}",
            "put the value in quotes",
            key=key,
            fault=fill(faults[0].message, **faults[0].values),
        )
    section[last] = document.value
    return (*parents, last)


def _describe_error(detail: dict[str, Any], places: Mapping[KeyPath, str]) -> str:
    loc, value = tuple(detail["loc"]), detail["input"]
    where = loc
    while where not in places:  # a union names its branch, a missing key has no place
        where = where[:-1]
    place = f"{places[where]}: {join_keys(where)}"
    if places[where].startswith("--set"):
        place = places[where]
    match detail["type"]:
        case "missing":
            return fill("{place}: {key} is missing", place=places[where], key=join_keys(loc))
        case "extra_forbidden":
            return _describe_unknown_key(loc, place)
        case "model_type":
            return fill("{place} holds no keys", place=place)
        case "float_type" | "int_type" if isinstance(value, str):
            return fill(NOT_A_NUMBER_MESSAGE, place=place, value=repr(value))
        case "string_type":
            return fill(NOT_TEXT_MESSAGE, place=place, value=repr(value))
    return fill(
        "{place}: {fault}"
        if isinstance(value, (dict, list, BaseModel))
        else "{place} is {value}: {fault}",
        place=place,
        value=repr(value),
        fault=_describe_rule(detail),
    )


def _describe_unknown_key(keys: KeyPath, place: str) -> str:
    """That a key is unknown, with the key that is meant if that can be told."""
    if name := RENAMED_KEYS.get(join_keys(keys)):
        return fill(RENAMED_MESSAGE, place=place, name=name)
    if near := _find_nearest_key(keys):
        return fill("{place} is not a key; the nearest is {near}", place=place, near=near)
    return fill("{place} is not a key", place=place)


def _describe_rule(detail: Mapping[str, Any]) -> str:
    """What a value has to be, in the language of the project; pydantic has English alone."""
    if detail["type"] not in RULE_MESSAGES:
        return str(detail["msg"]).removeprefix("Value error, ")
    bounds = dict(detail.get("ctx", {}))
    if "expected" in bounds:  # such as 'a', 'b' or 'c'
        bounds["expected"] = fill(", ").join(re.findall("'(.*?)'", bounds["expected"]))
    return fill(RULE_MESSAGES[detail["type"]], **bounds)


def _locate_unknown_key(detail: Mapping[str, Any]) -> KeyPath:
    """The place of an unknown key: probably a typo of a key that is missing."""
    return detail["loc"] if detail["type"] == "extra_forbidden" else ()


def _find_nearest_key(where: KeyPath) -> str:
    if renamed := RENAMED_KEYS.get(join_keys(where)):
        return renamed.rpartition(".")[2]
    section: Any = Config
    for part in where[:-1]:
        section = section.model_fields[part].annotation
    close = difflib.get_close_matches(str(where[-1]), section.model_fields, n=1)
    return close[0] if close else ""


def _choose_hint(details: Sequence[Mapping[str, Any]], faults: Sequence[str]) -> str:
    numbers = [detail for detail in details if detail["type"] in ("float_type", "int_type")]
    if any(isinstance(detail["input"], str) for detail in numbers):
        return fill("YAML reads 1e-4 as text: write 1.0e-4, and write numbers without quotes")
    if any(detail["type"] == "string_type" for detail in details):
        return fill("YAML does not read yes, no, null and 12 as text: put them in quotes")
    if all(fault.startswith("--set") for fault in faults):
        return ""
    return RESTORE_HINT
=======
>>>>>>> f850d17f (Name no unused value in a test)
