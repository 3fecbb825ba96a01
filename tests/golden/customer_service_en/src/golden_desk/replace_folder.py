"""A folder that is filled beside another, and takes its place once it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ProjectError

NEW, OLD, MARK = "new", "old", "made-by-this-project"


@contextmanager
def replacing(folder: Path, *, mark: str) -> Iterator[Path]:
    """A new folder, which takes the place of `folder` where the work in it succeeds.

    Only what this project made is deleted: a stage that holds its mark, and a `folder` that holds
    the file `mark`, as each that was written to its end does.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).exists():
        raise _in_the_way(folder)
    stage = folder.with_name(f".{folder.name}.stage")
    _clear(stage, folder)
    stage.mkdir()
    (stage / MARK).touch()
    (stage / NEW).mkdir()
    try:
        yield stage / NEW
        if folder.exists():
            folder.rename(stage / OLD)
        (stage / NEW).rename(folder)
    finally:
        _restore(stage, folder)
        shutil.rmtree(stage, ignore_errors=True)


def _clear(stage: Path, folder: Path) -> None:
    """Remove the stage of a process that was killed; the folder comes back where it was gone."""
    if not stage.exists():
        return
    if any(stage.iterdir()) and not (stage / MARK).exists():
        raise _in_the_way(stage)
    _restore(stage, folder)
    shutil.rmtree(stage)


def _restore(stage: Path, folder: Path) -> None:
    """Put the old folder back where the new one did not take its place."""
    if not folder.exists() and (stage / OLD).is_dir():
        (stage / OLD).rename(folder)


def _in_the_way(path: Path) -> ProjectError:
    return ProjectError(
        "{path} is in the way: it holds files that this project did not write",
        "move it to another place",
        path=path,
    )
