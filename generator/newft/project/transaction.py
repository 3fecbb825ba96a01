"""Change many files of a folder in one transaction: all of them, or none, whatever interrupts it.

The staging folder in the project holds everything until the transaction is over:

    made-by-newft      lock file; also marks the folder as newft's: others are never touched
    after/<n>          the new content of entry n, until it is moved to its place
    before/<n>         a copy of its old content, for the case that the steps are taken back
    journal            everything is staged and on disk: an interrupted transaction is completed
    undo               a step failed: the steps that were done are taken back
    finished, undone   all steps are done, or taken back: only the staging folder is left

The commit point is the rename of `journal.part` to `journal`. Each step after it is one rename or
one removal that can be repeated, so that recovery can be interrupted too.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from newft.project.durable_files import (
    copy_file,
    sync_folder,
    sync_tree,
    write_bytes,
    write_file,
)
from newft.project.file_state import (
    ABSENT,
    FOLDER,
    describe_difference,
    describe_state,
    find_obstacle,
    find_state,
    read_state,
)
from newft.project.interrupted_writes import (
    MARKS,
    abort_transaction,
    complete_transaction,
    rename_mark,
)
from newft.project.journal import Journal, JournalEntry, check_path, dump_journal
from newft.project.staging import (
    STAGING_DIR,
    empty_staging,
    lock_staging,
    make_staging_folder,
    refuse_foreign_folder,
)
from newft.project.steps import is_freed, list_parents
from newft.project.write_errors import make_changed_error, make_write_error
from newft.schema.tree import TreeFile
from newft.text import Text


class FileChange(NamedTuple):
    """A path of a transaction: what is expected on the disk, and what is there afterwards.

    None means that there is no file. A Path as `after` names a file that is copied, so that large
    data files are never held in memory. A `private` file that is new is for its owner alone.
    """

    path: str
    before: TreeFile | None
    after: TreeFile | Path | None
    private: bool = False


def run_transaction(folder: Path, changes: Sequence[FileChange]) -> None:
    """Make all changes, or raise an error and make none; `folder` has no links in it."""
    stage = folder / STAGING_DIR
    for change in changes:
        check_path(change.path, stage / "journal")
    try:
        refuse_foreign_folder(stage)
        make_staging_folder(stage)
        with lock_staging(stage):
            try:
                _commit(folder, stage, _stage_changes(folder, stage, changes))
                complete_transaction(folder, stage)
            except BaseException:
                abort_transaction(folder, stage)
                raise
            with suppress(OSError):  # all is done: the next run removes what is left
                empty_staging(stage, last=MARKS)
    except OSError as error:
        raise make_write_error(folder, error) from error


def _stage_changes(folder: Path, stage: Path, changes: Sequence[FileChange]) -> Journal:
    for name in ("after", "before"):
        (stage / name).mkdir()
    entries = []
    for number, change in enumerate(changes):
        after = stage / "after" / str(number)
        permissions = _find_permissions(folder, change)
        if isinstance(change.after, Path):
            copy_file(change.after, after)
        elif change.after:
            write_file(after, change.after, permissions=permissions)
        if change.before:
            before = stage / "before" / str(number)
            write_file(before, change.before, permissions=permissions, sync=False)
        entries.append(JournalEntry(change.path, describe_state(change.before), read_state(after)))
    return Journal(tuple(entries), tuple(_list_missing_folders(folder, changes)))


def _find_permissions(folder: Path, change: FileChange) -> int | None:
    """Return the permissions of the file that is replaced, or None for those of a new file."""
    if find_state(folder, change.path).mode in ("100644", "100755"):
        return (folder / change.path).lstat().st_mode
    return 0o600 if change.private else None


def _list_missing_folders(folder: Path, changes: Sequence[FileChange]) -> list[str]:
    parents = {parent for change in changes if change.after for parent in list_parents(change.path)}
    return sorted(parent for parent in parents if find_state(folder, parent) != FOLDER)


def _commit(folder: Path, stage: Path, journal: Journal) -> None:
    write_bytes(stage / "journal.part", dump_journal(journal))
    sync_tree(stage)
    sync_folder(folder)
    _refuse_unexpected(folder, journal)
    rename_mark(stage, "journal.part", "journal")


def _refuse_unexpected(folder: Path, journal: Journal) -> None:
    """Raise an error unless every path still is what was expected, and may be written."""
    removed = {entry.path for entry in journal.entries if entry.after == ABSENT}
    reasons = {entry.path: _find_reason(folder, entry, removed) for entry in journal.entries}
    lines = [
        Text(f"{path} ({reason.en})", f"{path}（{reason.zh}）")
        for path, reason in reasons.items()
        if reason
    ]
    if lines:
        raise make_changed_error(folder, lines)


def _find_reason(folder: Path, entry: JournalEntry, removed: set[str]) -> Text | None:
    """Return why a path cannot be changed as planned; None if it can."""
    state = find_state(folder, entry.path)
    if entry.before == ABSENT and is_freed(folder, entry.path, removed):
        return None
    obstacle = find_obstacle(folder, entry.path)
    if obstacle not in (None, entry.path):
        return Text(f"{obstacle} is no folder", f"{obstacle} 不是文件夹")
    if state != entry.before:
        return describe_difference(entry.before, state)
    return _check_permission(folder / entry.path)


def _check_permission(place: Path) -> Text | None:
    """Return that a file is read-only; a folder that is raises the error that the system would."""
    parent = next(parent for parent in place.parents if parent.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))
    if place.is_file() and not place.is_symlink() and not os.access(place, os.W_OK):
        return Text("read-only", "只读")
    return None
