"""run.yaml and `KEY=VALUE` overrides, checked: all faults at once, with their places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..data.normalize import escape_controls
from .config_errors import choose_hint, describe_errors
from .config_file import apply_override, describe_fault, read_document
from .errors import ProjectError
from .yaml_lines import join_keys

Config = TypeVar("Config", bound=BaseModel)


def load_values(path: Path, overrides: Sequence[str], config: type[Config]) -> Config:
    """The values in `path` with overrides, as `config` types them."""
    document = read_document(path)
    values: dict[str, Any] = document.value
    faults = [describe_fault(path, fault) for fault in document.faults]
    places = {keys: f"{path}:{entry.line}" for keys, entry in document.entries.items()}
    for override in overrides:
        keys = apply_override(values, override)
        places[keys] = f"--set {join_keys(keys)}"
    details: list[dict[str, Any]] = []
    try:
        checked = config.model_validate(values)
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors()]
        faults += describe_errors(details, places, config)
    else:
        if not faults:
            return checked
    raise ProjectError("\n".join(map(escape_controls, faults)), choose_hint(details, faults))
