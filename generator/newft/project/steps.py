"""The steps of a transaction after its commit point: each one moves or removes one file.

A step looks at its path before it acts, so that it can be repeated, and never replaces content
that is neither what was there before the transaction nor what it writes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence, Set
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from newft.project.durable_files import sync_folders
from newft.project.file_state import (
    ABSENT,
    BEHIND_LINK,
    FOLDER,
    FileState,
    find_obstacle,
    find_state,
)
from newft.project.journal import Journal

StepState = Literal["to do", "done", "changed", "incomplete"]


class Step(NamedTuple):
    """One path, its state before and after the step, and where its new content is staged.

    An `optional` step leaves the path alone if somebody has put something there.
    """

    path: str
    was: FileState
    becomes: FileState
    content: Path
    optional: bool = False


def list_forward_steps(journal: Journal, stage: Path) -> list[Step]:
    """Return the steps that complete the transaction, in their order."""
    return _sort_steps(
        [
            Step(entry.path, entry.before, entry.after, stage / "after" / str(number))
            for number, entry in enumerate(journal.entries)
        ]
    )


def list_backward_steps(journal: Journal, stage: Path) -> list[Step]:
    """Return the steps that take back what was done; content that is still staged was not moved.

    What lies where a file was removed was put there by somebody else, and stays.
    """
    return _sort_steps(
        [
            Step(
                entry.path,
                entry.after,
                entry.before,
                stage / "before" / str(number),
                optional=entry.after == ABSENT,
            )
            for number, entry in enumerate(journal.entries)
            if not os.path.lexists(stage / "after" / str(number))
        ]
    )


def find_paths(folder: Path, steps: Sequence[Step], wanted: StepState) -> list[str]:
    """Return the paths whose step is in this state now, before other steps make room for it."""
    removed = {step.path for step in steps if step.becomes == ABSENT}
    return [
        step.path
        for step in steps
        if find_step_state(folder, step) == wanted
        and not (wanted == "changed" and is_freed(folder, step.path, removed))
    ]


def find_step_state(folder: Path, step: Step) -> StepState:
    """Return whether a step is to be done, or what prevents it."""
    state = find_state(folder, step.path)
    if step.becomes == ABSENT and state in (ABSENT, FOLDER, BEHIND_LINK):
        return "done"  # what is there now, or above it, is another step's
    known = (ABSENT, step.was, step.becomes)
    if not any(state.has_same_content(one) for one in known):
        return "done" if step.optional else "changed"
    if step.becomes == ABSENT or os.path.lexists(step.content):
        return "to do"
    return "done" if state.has_same_content(step.becomes) else "incomplete"


def is_freed(folder: Path, path: str, removed: Set[str]) -> bool:
    """Whether what prevents a new file at a path goes when these paths are removed.

    It is a file or a link where the path has a folder, or a folder where the path has its file.
    """
    obstacle = find_obstacle(folder, path)
    if obstacle != path:
        return obstacle in removed
    if find_state(folder, path) != FOLDER:
        return False
    emptied = {parent for file in removed for parent in list_parents(file)}
    return path in emptied and all(
        place.relative_to(folder).as_posix() in (removed | emptied)
        for place in (folder / path).rglob("*")
    )


def carry_out(folder: Path, steps: Sequence[Step], emptied: Collection[str]) -> str | None:
    """Do the steps, and return the first path that somebody has changed; None if all are done.

    `emptied` are the folders that are removed if nothing is left in them.
    """
    _remove_folders(folder, emptied)  # those that an interrupted run has left empty
    for step in steps:
        now = find_step_state(folder, step)
        if now in ("changed", "incomplete"):
            return step.path
        if step.becomes == ABSENT:
            if now == "to do":
                (folder / step.path).unlink()
            # a file may be written in place of a folder
            _remove_folders(folder, set(list_parents(step.path)).intersection(emptied))
        elif now == "to do":
            (folder / step.path).parent.mkdir(parents=True, exist_ok=True)
            step.content.replace(folder / step.path)
    _remove_folders(folder, emptied)
    changed = {parent for step in steps for parent in list_parents(step.path)}
    sync_folders(folder / path for path in sorted(changed | {"."}) if (folder / path).is_dir())
    return None


def list_parents(path: str) -> list[str]:
    """Return the folders above a path, the nearest first, without the project itself."""
    return [parent.as_posix() for parent in PurePosixPath(path).parents][:-1]


def _remove_folders(folder: Path, paths: Collection[str]) -> None:
    for path in sorted(paths, reverse=True):  # the deepest first
        if find_state(folder, path) == FOLDER:
            with suppress(OSError):  # something else is in it
                (folder / path).rmdir()


def _sort_steps(steps: list[Step]) -> list[Step]:
    """Put removals last, except those that make room for a file, a folder or another spelling."""
    written = {_fold_path(step.path) for step in steps if step.becomes != ABSENT}
    below = {parent for path in written for parent in list_parents(path)}

    def rank(step: Step) -> int:
        path = _fold_path(step.path)
        if step.becomes != ABSENT:
            return 1
        room = path in written or path in below or written.intersection(list_parents(path))
        return 0 if room else 2

    return sorted(steps, key=rank)


def _fold_path(path: str) -> str:
    return path.casefold()
