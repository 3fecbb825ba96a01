"""The library that reads a kind of files, where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .file_access import RecordError


@contextmanager
def wrap_missing_library(path: Path, package: str) -> Iterator[None]:
    """Say which package reads a file, where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = "files of this kind are read by {package}, which is not installed"
        command = f"python -m pip install {package}"
        raise RecordError(
            path, message, "install it: {command}", package=package, command=command
        ) from error
