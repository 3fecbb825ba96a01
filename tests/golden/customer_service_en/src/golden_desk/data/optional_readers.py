"""Readers of single kinds of files, which only a project with such a file has."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from .file_access import RecordError

READER_HINTS: Mapping[str, str] = {  # where another form is as near
    "records": "save it as CSV UTF-8, or as a flat object on each line",
    "class_folders": "write the texts into one file, with a column for the label",
}


def import_reader(path: Path, name: str) -> ModuleType:
    """Import the module that reads a file; a project without such files has no such module."""
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        message = "files of this kind cannot be read here: there is no module {name}"
        hint = READER_HINTS.get(name) or "save it as CSV UTF-8"
        raise RecordError(path, message, hint, name=error.name) from error
