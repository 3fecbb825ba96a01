"""One process at a time where files are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import ProjectError


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder; the system releases it even if the process crashes.

    Processes that train together are one: the first of them holds the folder for all.
    """
    if os.environ.get("RANK", "0") != "0":
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ProjectError(
            "another process is using {folder}", "wait until it has finished", folder=folder
        ) from None
    except NotImplementedError:  # some network drives
        raise ProjectError(
            "the file system of {folder} cannot lock files",
            "keep the project on a local disk",
            folder=folder,
        ) from None
    try:
        yield
    finally:
        lock.release()
