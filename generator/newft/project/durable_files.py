"""Write files and folder entries so that they are on the disk when a function returns."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from newft.schema.tree import TreeFile


def write_bytes(path: Path, content: bytes) -> None:
    """Create a file with the mode that the user's umask leaves of 0666."""
    write_file(path, TreeFile(content))


def write_file(
    path: Path, file: TreeFile, *, permissions: int | None = None, sync: bool = True
) -> None:
    """Create a file or a link; the permissions of a file are those given, or what umask leaves.

    Only the mode of the TreeFile says whether it is executable. Without `sync` the content may
    still be on its way to the disk.
    """
    if file.mode == "120000":
        path.symlink_to(os.fsdecode(file.content))
        return
    executable = file.mode == "100755"
    with _create(path, executable=executable) as out:
        out.write(file.content)
        if permissions is not None:
            bits = permissions & 0o666
            path.chmod(bits | ((bits & 0o444) >> 2) if executable else bits)
        if sync:
            _sync(out)


def copy_file(source: Path, path: Path) -> None:
    """Create a copy of a file, executable if the file is, without holding it in memory."""
    executable = bool(source.stat().st_mode & 0o100)
    with source.open("rb") as original, _create(path, executable=executable) as out:
        shutil.copyfileobj(original, out)
        _sync(out)


def sync_files(folder: Path) -> None:
    """Write the content of all files of a folder, and its entries, to the disk."""
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            with path.open("rb+") as file:  # Windows synchronizes only files open for writing
                _sync(file)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Write the entries of a folder to the disk; Windows has no call for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not every file system syncs folders
            raise
    finally:
        os.close(descriptor)


def sync_folders(folders: Iterable[Path]) -> None:
    """Write the entries of folders to the disk."""
    for folder in folders:
        sync_folder(folder)


def sync_tree(top: Path) -> None:
    """Write the entries of a folder, and of all folders in it, to the disk."""
    sync_folders(Path(root) for root, _, _ in os.walk(top))


def _create(path: Path, *, executable: bool) -> IO[bytes]:
    mode = 0o777 if executable else 0o666
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
