"""Readers of single kinds of files, which only a project with such a file has."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from .file_access import RecordError

NO_READER_HINT = (
    "put the records into a CSV file (UTF-8); or name all data files, and newft adds the reader: "
    "newft update --remeasure --set 'data.files=[FILE, ...]'"
)


def import_reader(path: Path, name: str) -> ModuleType:
    """Import the module that reads a file; a project without such files has no such module."""
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        message = "this project has no reader for files of this kind"
        raise RecordError(path, message, NO_READER_HINT) from error
