"""The values of run.yaml before they are checked: read with their places, some overridden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data.normalize import escape_controls
from .errors import ProjectError
from .messages import fill
from .yaml_lines import KeyPath, YamlDocument, YamlError, YamlFault, read_yaml

RESTORE_HINT = "the file as it was generated: tar -xOf .newft/snapshot.tar config/run.yaml"


def read_document(path: Path) -> YamlDocument:
    """The values of the file, and where each of them is."""
    try:
        document = read_yaml(path.read_bytes())
    except FileNotFoundError:
        raise ProjectError(
            "{path} is missing", "run this command in the project folder", path=path
        ) from None
    except YamlError as error:
        faults = [describe_fault(path, fault) for fault in error.faults]
        raise ProjectError("\n".join(map(escape_controls, faults)), RESTORE_HINT) from None
    if not isinstance(document.value, dict):
        raise ProjectError("{path} has no sections", RESTORE_HINT, path=path)
    return document


def describe_fault(path: Path, fault: YamlFault) -> str:
    """What the reader of YAML refuses, behind its place in the file."""
    place = f"{path}:{fault.line}" if fault.line else f"{path}"
    return f"{place}: {fill(fault.message, **fault.values)}"


def apply_override(values: dict[str, Any], override: str) -> KeyPath:
    """Put one `KEY=VALUE` in its place, and return that."""
    key, equals, text = override.partition("=")
    *parents, last = key.split(".")
    section: Any = values
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise ProjectError(
            "--set {override} does not match a key of run.yaml",
            "the form is --set run.seed=7",
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
