"""The journal of a transaction: which paths change, from which content to which.

A journal is read after a crash, and may have come with a project that somebody else made: its
paths are checked, so that it can reach neither outside the project nor into the folder of git.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from newft.errors import ProjectError
from newft.project.file_state import FileState, find_status
from newft.project.staging import STAGING_DIR
from newft.text import Text

JOURNAL_FORMAT = 1
MAX_JOURNAL_BYTES = 64 * 2**20


@dataclass(frozen=True)
class JournalEntry:
    """One path: its state before the transaction, and after it."""

    path: str
    before: FileState
    after: FileState


@dataclass(frozen=True)
class Journal:
    """All paths of a transaction, and the folders that it makes."""

    entries: tuple[JournalEntry, ...]
    folders: tuple[str, ...]
    format: int = JOURNAL_FORMAT


def dump_journal(journal: Journal) -> bytes:
    """Return the journal as JSON."""
    from pydantic import TypeAdapter

    return TypeAdapter(Journal).dump_json(journal)


def load_journal(file: Path) -> Journal:
    """Read a journal and check it, paths included."""
    from pydantic import TypeAdapter, ValidationError

    try:
        journal = TypeAdapter(Journal).validate_json(read_limited(file))
    except ValidationError as error:
        raise make_journal_error(file) from error
    if journal.format != JOURNAL_FORMAT:
        raise make_journal_error(file)
    for path in (*(entry.path for entry in journal.entries), *journal.folders):
        check_path(path, file)
    return journal


def read_limited(file: Path, most: int = MAX_JOURNAL_BYTES) -> bytes:
    """Return the bytes of a regular file; nothing is read from links, devices and huge files."""
    status = find_status(file)
    if status is None or file.is_symlink() or not file.is_file():
        raise make_journal_error(file)
    if status.st_size > most:
        raise make_journal_error(file)
    return file.read_bytes()


def check_path(path: str, file: Path) -> None:
    """Refuse a path that leaves the project, or that lies in the folder of git or of a journal."""
    if not _is_utf8(path):
        shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
        raise _make_path_error(shown, file, Text("not UTF-8", "非 UTF-8 的路径"))
    parts = path.split("/")
    forbidden = "\0\\:" if os.name == "nt" else "\0"
    if not all(parts) or {".", ".."} & set(parts) or set(forbidden) & set(path):
        raise _make_path_error(path, file, Text("outside the folder", "文件夹之外"))
    if any(_fold_part(part) in (".git", "git~1", STAGING_DIR) for part in parts):
        inside = Text("in a folder that newft never writes to", "newft 不会写入的文件夹")
        raise _make_path_error(path, file, inside)


def _is_utf8(path: str) -> bool:
    """Whether a path can be written in UTF-8; the bytes of a name in another encoding cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in path)


def _fold_part(part: str) -> str:
    """Fold a name as the file systems of Windows and macOS do, to which `.GIT ` is `.git`."""
    visible = "".join(c for c in part if unicodedata.category(c) != "Cf")
    return visible.casefold().rstrip(". ")


def make_journal_error(file: Path) -> ProjectError:
    """Make the error for a file that is damaged or that another version of newft wrote."""
    return ProjectError(
        Text(
            "this file is damaged, or another version of newft wrote it",
            "该文件已损坏，或由其他版本的 newft 写入",
        ),
        where=str(file),
        hint=_hint_removal(file),
    )


def _make_path_error(path: str, file: Path, place: Text) -> ProjectError:
    return ProjectError(
        Text(
            f"the journal contains `{path}`, which is {place.en}",
            f"日志中的 `{path}` 指向{place.zh}",
        ),
        where=str(file),
        hint=_hint_removal(file),
    )


def _hint_removal(file: Path) -> Text:
    return Text(
        f"look at the project (git status), then remove {file.parent}",
        f"请先检查项目（git status），再删除 {file.parent}",
    )
