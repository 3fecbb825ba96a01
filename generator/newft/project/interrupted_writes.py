"""Complete the steps of a committed transaction, or take them back: after its commit, and later.

The layout of the staging folder is described in `transaction.py`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from newft.project.durable_files import sync_files, sync_folder
from newft.project.file_state import ABSENT, FOLDER, find_state, find_status, is_link, read_state
from newft.project.journal import Journal, load_journal, make_journal_error
from newft.project.staging import (
    STAGING_DIR,
    STAGING_MARKER,
    empty_staging,
    is_staging_folder,
    lock_staging,
)
from newft.project.steps import (
    Step,
    carry_out,
    find_paths,
    list_backward_steps,
    list_forward_steps,
    list_parents,
)
from newft.project.write_errors import (
    make_changed_error,
    make_recovery_error,
    make_unfinished_error,
)
from newft.text import Text

Recovery = Literal["nothing to do", "finished", "undone"]
MARKS = ("journal", "undo", "finished", "undone")  # files that say how far a transaction is


def recover_transaction(folder: Path) -> Recovery:
    """Complete an interrupted transaction if all content was on disk, else undo it."""
    stage = folder / STAGING_DIR
    if not is_staging_folder(stage):
        return "nothing to do"
    try:
        with lock_staging(stage):
            recovery = _recover(folder, stage)
            empty_staging(stage, last=MARKS)
            return recovery
    except OSError as error:
        raise make_recovery_error(folder, error) from error


def complete_transaction(folder: Path, stage: Path) -> None:
    """Do the steps of a journal that was committed just now."""
    journal = load_journal(stage / "journal")
    if changed := carry_out(folder, list_forward_steps(journal, stage), _list_emptied(journal)):
        meanwhile = Text(f"{changed} (edited meanwhile)", f"{changed}（期间被修改）")
        raise make_changed_error(folder, [meanwhile])
    rename_mark(stage, "journal", "finished")


def abort_transaction(folder: Path, stage: Path) -> None:
    """Bring the state before the transaction back after an error."""
    for mark in ("journal", "finished"):  # the latter if it could not be written to disk
        if not (stage / mark).exists():
            continue
        try:
            _begin_undo(stage, mark)
            _take_back(folder, stage)
        except OSError as error:
            raise make_recovery_error(folder, error) from error
    empty_staging(stage, last=MARKS)


def _recover(folder: Path, stage: Path) -> Recovery:
    for mark in MARKS:
        if not os.path.lexists(stage / mark):
            continue
        if mark == "finished" or (mark == "journal" and _finish(folder, stage)):
            return "finished"
        if mark != "undone":
            _take_back(folder, stage)
        return "undone"
    left = [path.name for path in stage.iterdir()]
    return "nothing to do" if left == [STAGING_MARKER] else "undone"


def _finish(folder: Path, stage: Path) -> bool:
    """Complete an interrupted transaction; False if staged content is missing: it is taken back.

    Content is missing if a file was moved to its place and its old content then brought back, for
    instance by `git checkout`.
    """
    journal = load_journal(stage / "journal")
    _discard_damaged(stage, journal)
    steps = list_forward_steps(journal, stage)
    if find_paths(folder, steps, "incomplete"):
        _begin_undo(stage, "journal")
        return False
    _carry_out_all(folder, steps, _list_emptied(journal))
    rename_mark(stage, "journal", "finished")
    return True


def _begin_undo(stage: Path, mark: str) -> None:
    """Decide that the steps are taken back; only now the old content has to be on the disk."""
    if find_state(stage, "before") == FOLDER:
        sync_files(stage / "before")
    rename_mark(stage, mark, "undo")


def _take_back(folder: Path, stage: Path) -> None:
    journal = load_journal(stage / "undo")
    _discard_damaged(stage, journal)
    steps = list_backward_steps(journal, stage)
    if find_paths(folder, steps, "incomplete"):
        raise make_journal_error(stage / "undo")
    _carry_out_all(folder, steps, journal.folders)
    rename_mark(stage, "undo", "undone")


def _list_emptied(journal: Journal) -> set[str]:
    """Return the folders that go if nothing is left in them: those of removed files."""
    removed = [entry.path for entry in journal.entries if entry.after == ABSENT]
    return {parent for path in removed for parent in list_parents(path)}


def _carry_out_all(folder: Path, steps: Sequence[Step], emptied: Collection[str]) -> None:
    """Do the steps of recovery, or raise an error that names what somebody has changed."""
    changed = find_paths(folder, steps, "changed")
    if not changed:
        stopped = carry_out(folder, steps, emptied)
        changed = [stopped] if stopped else []
    if changed:
        raise make_unfinished_error(folder, changed)


def _discard_damaged(stage: Path, journal: Journal) -> None:
    """Remove staged content that is not what the journal says: it counts as missing then."""
    for name in ("after", "before"):
        folder = stage / name
        status = find_status(folder)
        if status is not None and (is_link(status) or not stat.S_ISDIR(status.st_mode)):
            raise make_journal_error(folder)
        for number, entry in enumerate(journal.entries):
            state = read_state(folder / str(number))
            if state == FOLDER:
                raise make_journal_error(folder)
            expected = entry.after if name == "after" else entry.before
            if state != ABSENT and not state.has_same_content(expected):
                (folder / str(number)).unlink()


def rename_mark(stage: Path, name: str, becomes: str) -> None:
    """Replace one mark of a staging folder by another, on the disk too."""
    (stage / name).replace(stage / becomes)
    sync_folder(stage)
