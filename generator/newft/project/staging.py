"""The staging folder of a transaction: its name, its mark and lock, and how it is removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from newft.errors import ProjectError
from newft.text import Text

STAGING_DIR = ".newft-apply"
STAGING_MARKER = "made-by-newft"  # the first file in a staging folder, and the last to be removed


def find_staging_owner(path: Path) -> Literal["nobody", "newft", "other"]:
    """Return who made what has the name of a staging folder; nobody, if there is nothing.

    A folder of newft is marked, or still empty because the marker comes next. One listing decides:
    another process may be making or removing the folder, so that a second look sees other files.
    """
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            return "other"
        with os.scandir(path) as entries:
            is_marker = {
                entry.name: entry.name == STAGING_MARKER and entry.is_file(follow_symlinks=False)
                for entry in entries
            }
    except (FileNotFoundError, NotADirectoryError):  # the latter of a path below a file
        return "nobody"
    return "newft" if not is_marker or any(is_marker.values()) else "other"


def is_staging_folder(path: Path) -> bool:
    """Whether newft made a folder."""
    return find_staging_owner(path) == "newft"


def refuse_foreign_folder(stage: Path) -> None:
    """Refuse to work where something that newft did not make has the name of the staging folder."""
    if find_staging_owner(stage) == "other":
        raise ProjectError(
            Text(
                f"newft needs the name {stage.name} temporarily, but something else has it",
                f"newft 需要临时使用 {stage.name} 这个名字，但已有同名文件，且不是 newft 创建的",
            ),
            where=str(stage),
            hint=Text("rename it, or choose another folder", "请给它改名，或换一个文件夹"),
        )


def make_staging_folder(stage: Path) -> None:
    """Make a staging folder; it is newft's, and its marker comes with its lock."""
    try:
        stage.mkdir()
    except FileExistsError as error:
        raise make_busy_error(stage) from error


@contextlib.contextmanager
def lock_staging(stage: Path) -> Iterator[None]:
    """Hold the lock of a staging folder, and remove the folder if the block has emptied it.

    The system releases the lock of a process that is killed, so that its work can be recovered.
    """
    from filelock import FileLock, Timeout

    marker = stage / STAGING_MARKER
    lock = FileLock(marker)
    try:
        lock.acquire(timeout=0)
    except (Timeout, FileNotFoundError, FileExistsError) as error:
        raise make_busy_error(stage) from error  # it holds the lock, or has just removed the folder
    try:
        yield
    finally:
        if list(stage.iterdir()) == [marker]:
            try:
                marker.unlink()  # before the lock is released: nobody else can hold it then
            except PermissionError:  # Windows removes no file that is open
                lock.release()
                marker.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # another process has marked it as its own meanwhile
                stage.rmdir()
        lock.release()


def make_busy_error(stage: Path) -> ProjectError:
    """Make the error for a folder in which another process is at work."""
    return ProjectError(
        Text("another newft process is writing here", "另一个 newft 进程正在写入这里"),
        where=str(stage.parent),
        hint=Text("wait until it has finished", "请等它结束"),
    )


def empty_staging(stage: Path, *, last: tuple[str, ...] = ()) -> None:
    """Remove all but the marker from a staging folder, files of these names after the others."""
    names = sorted(path.name for path in stage.iterdir() if path.name != STAGING_MARKER)
    for name in sorted(names, key=lambda name: name in last):
        path = stage / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
