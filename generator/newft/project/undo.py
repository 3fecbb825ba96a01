"""Undo the last update: the old content of every path that it changed, kept in the project.

The record is one file in `.newft/undo/`, which git ignores, and is written by the transaction of
the update itself. Undoing is an update of its own: it leaves a record that brings everything back.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from newft.errors import ProjectError
from newft.project.file_state import (
    ABSENT,
    FileState,
    describe_state,
    find_state,
    read_file,
    resolve_folder,
)
from newft.project.interrupted_writes import recover_transaction
from newft.project.journal import check_path, make_journal_error, read_limited
from newft.project.snapshot import METADATA_DIR
from newft.project.steps import is_freed
from newft.project.transaction import FileChange, run_transaction
from newft.project.write_errors import make_recovered_error, make_write_error
from newft.schema.tree import FileMode, TreeFile
from newft.text import Text, list_lines, pluralize

UNDO_DIR = ".newft/undo"
UNDO_FILE = f"{UNDO_DIR}/last.json"
UNDO_FORMAT = 1
MAX_UNDO_BYTES = 2**30
_IGNORE_FILE = f"{UNDO_DIR}/.gitignore"
_BYTES_AS_BASE64 = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}


@dataclass(frozen=True)
class UndoEntry:
    """One path: its old file, and the state in which the update left it."""

    __pydantic_config__: ClassVar = _BYTES_AS_BASE64

    path: str
    mode: FileMode | Literal["absent"]
    content: bytes
    after: FileState

    @property
    def before(self) -> TreeFile | None:
        """The old file; None if there was none."""
        return None if self.mode == "absent" else TreeFile(self.content, self.mode)


@dataclass(frozen=True)
class UndoRecord:
    """What brings back the state before an update, or before an undo: then it is of an undo.

    `index_entries` are the former entries of the index of git in the form of `git_index.py`; the
    record keeps them without looking into them.
    """

    __pydantic_config__: ClassVar = _BYTES_AS_BASE64

    entries: tuple[UndoEntry, ...]
    index_entries: bytes = b""
    of_undo: bool = False  # it brings an update back that was taken back
    format: int = UNDO_FORMAT


@dataclass(frozen=True)
class Undone:
    """What an undo changed, and the former index entries for the caller to restore."""

    paths: tuple[str, ...]
    index_entries: bytes
    is_redo: bool  # an undo was undone: the update is there again


def list_undo_changes(
    folder: Path,
    changes: Sequence[FileChange],
    index_entries: bytes,
    *,
    last: UndoRecord | None = None,
    of_undo: bool = False,
) -> list[FileChange]:
    """Return the changes that write the record of these changes, added to the `last` record."""
    from pydantic import TypeAdapter

    for change in changes:
        check_path(change.path, folder / UNDO_FILE)
    new = UndoRecord(tuple(map(_make_entry, changes)), index_entries, of_undo)
    record = TypeAdapter(UndoRecord).dump_json(_extend_record(last, new) if last else new)
    files = {_IGNORE_FILE: TreeFile(b"*\n"), UNDO_FILE: TreeFile(record)}
    return [
        FileChange(path, read_file(folder, path), file, private=True)
        for path, file in files.items()
    ]


def find_kept_record(folder: Path, changes: Sequence[FileChange]) -> UndoRecord | None:
    """Return the last record if changes in `.newft/` alone must not take its place.

    The files of the update before could otherwise no longer be brought back.
    """
    is_recorded = all(change.path.startswith(f"{METADATA_DIR}/") for change in changes)
    return read_undo_record(folder) if is_recorded else None


def read_undo_record(folder: Path) -> UndoRecord | None:
    """Read the record of the last update; None if there is none."""
    from pydantic import TypeAdapter, ValidationError

    file = folder / UNDO_FILE
    if find_state(folder, UNDO_FILE) == ABSENT:
        return None
    if not find_state(folder, UNDO_FILE).is_file:
        raise make_journal_error(file)
    try:
        record = TypeAdapter(UndoRecord).validate_json(read_limited(file, MAX_UNDO_BYTES))
    except ValidationError as error:
        raise make_journal_error(file) from error
    if record.format != UNDO_FORMAT:
        raise make_journal_error(file)
    for entry in record.entries:
        check_path(entry.path, file)
    return record


def undo_last_update(
    folder: Path, *, discard_edits: bool = False, index_entries: bytes = b""
) -> Undone:
    """Bring back the state before the last update; undone again, it brings the update back.

    Files that were edited since are refused by name unless `discard_edits` is given, and the new
    record keeps their edits in any case. `index_entries` are the present entries of the index of
    git, for the new record; those of the old record are returned.
    """
    folder = resolve_folder(folder)
    if (recovery := recover_transaction(folder)) != "nothing to do":
        raise make_recovered_error(folder, recovery)
    record = read_undo_record(folder)
    if record is None:
        raise ProjectError(
            Text("there is no update to undo here", "这里没有可以撤销的更新"),
            where=str(folder),
            hint=Text(
                "the old files may be in the history of git: git log --stat",
                "旧文件可能在 git 历史中：git log --stat",
            ),
        )
    try:
        if not discard_edits:
            _refuse_edits(folder, record)
        found = [(entry, read_file(folder, entry.path)) for entry in record.entries]
    except OSError as error:
        raise make_write_error(folder, error) from error
    changes = [
        FileChange(entry.path, present, entry.before)
        for entry, present in found
        if present != entry.before
    ]
    is_redo = record.of_undo
    kept = list_undo_changes(folder, changes, index_entries, of_undo=not is_redo)
    run_transaction(folder, [*changes, *kept])
    return Undone(tuple(change.path for change in changes), record.index_entries, is_redo)


def _extend_record(last: UndoRecord, new: UndoRecord) -> UndoRecord:
    """Return the record of two updates: the old files of the first, the states of the second."""
    entries = {entry.path: entry for entry in last.entries}
    for entry in new.entries:
        known = entries.get(entry.path)
        entries[entry.path] = replace(known, after=entry.after) if known else entry
    return UndoRecord(tuple(entries.values()), last.index_entries, last.of_undo)


def _make_entry(change: FileChange) -> UndoEntry:
    assert not isinstance(change.after, Path)
    before = change.before
    return UndoEntry(
        change.path,
        before.mode if before else "absent",
        before.content if before else b"",
        describe_state(change.after),
    )


def _refuse_edits(folder: Path, record: UndoRecord) -> None:
    removed = {entry.path for entry in record.entries if entry.mode == "absent"}
    edited = [entry.path for entry in record.entries if _is_edited(folder, entry, removed)]
    if edited:
        listed = list_lines(edited)
        raise ProjectError(
            Text(
                f"{pluralize(len(edited), 'path')} changed since the update, nothing was written:"
                f"\n{listed.en}",
                f"更新之后以下 {len(edited)} 个路径又有修改，未写入任何文件：\n{listed.zh}",
            ),
            where=str(folder),
            hint=Text(
                "newft update --undo --yes discards these edits; a further --undo brings them back",
                "newft update --undo --yes 会放弃这些修改；再次 --undo 可恢复",
            ),
        )


def _is_edited(folder: Path, entry: UndoEntry, removed: Set[str]) -> bool:
    """Whether a path is neither as the update left it nor as the undo leaves it."""
    state = find_state(folder, entry.path)
    if any(state.has_same_content(known) for known in (entry.after, describe_state(entry.before))):
        return False
    return not (entry.after == ABSENT and is_freed(folder, entry.path, removed))
