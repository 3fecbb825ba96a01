"""A folder that is filled beside another, and takes its place once it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ProjectError

NEW_FOLDER, OLD_FOLDER, STAGE_MARK_FILE = "new", "old", "made-by-this-project"


@contextmanager
def replace_when_complete(folder: Path, *, mark: str) -> Iterator[Path]:
    """A new folder, which takes the place of `folder` where the work in it succeeds.

    Only what this project made is deleted: a stage that holds its mark, and a `folder` that holds
    the file `mark`, as each that was written to its end does.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).exists():
        raise _make_foreign_files_error(folder)
    stage = folder.with_name(f".{folder.name}.stage")
    _remove_stage(stage, folder)
    stage.mkdir()
    (stage / STAGE_MARK_FILE).touch()
    (stage / NEW_FOLDER).mkdir()
    try:
        yield stage / NEW_FOLDER
        if folder.exists():
            folder.rename(stage / OLD_FOLDER)
        (stage / NEW_FOLDER).rename(folder)
    finally:
        _restore_old_folder(stage, folder)
        shutil.rmtree(stage, ignore_errors=True)


def _remove_stage(stage: Path, folder: Path) -> None:
    """Remove the stage of a process that was killed; the folder comes back where it was gone."""
    if not stage.exists():
        return
    if any(stage.iterdir()) and not (stage / STAGE_MARK_FILE).exists():
        raise _make_foreign_files_error(stage)
    _restore_old_folder(stage, folder)
    shutil.rmtree(stage)


def _restore_old_folder(stage: Path, folder: Path) -> None:
    """Put the old folder back where the new one did not take its place."""
    if not folder.exists() and (stage / OLD_FOLDER).is_dir():
        (stage / OLD_FOLDER).rename(folder)


def _make_foreign_files_error(path: Path) -> ProjectError:
    return ProjectError(
        "{path} cannot be replaced: it contains files that this project did not write",
        "move it elsewhere",
        path=path,
    )
