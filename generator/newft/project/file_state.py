"""What lies at a path of a project: nothing, a file with its digest, or an obstacle.

No link is followed and nothing but regular files is opened, so that a FIFO or a device cannot
block newft.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Literal

from newft.errors import ProjectError
from newft.schema.tree import FileMode, TreeFile
from newft.text import Text

PathKind = Literal["absent", "folder", "behind a link", "special"]


@dataclass(frozen=True)
class FileState:
    """The mode and the SHA-256 of a file or of the target of a link, or why there is none."""

    mode: FileMode | PathKind
    sha256: str = ""

    @property
    def is_file(self) -> bool:
        """Whether there is a file or a link whose content newft can read."""
        return bool(self.sha256)

    def has_same_content(self, other: FileState) -> bool:
        """Whether both are files, links or nothing with one content.

        The executable bit does not count: Windows and some mounted disks do not keep it.
        """
        links = (self.mode == "120000", other.mode == "120000")
        if not (self.is_file and other.is_file):
            return self == other
        return self.sha256 == other.sha256 and links[0] == links[1]


_KIND_WORDS = {
    "folder": Text("a folder", "是文件夹"),
    "behind a link": Text("behind a link", "位于符号链接之后"),
    "special": Text("not a regular file", "不是普通文件"),
    "120000": Text("a link", "是符号链接"),
}
ABSENT = FileState("absent")
FOLDER = FileState("folder")
BEHIND_LINK = FileState("behind a link")
SPECIAL = FileState("special")


def resolve_folder(folder: Path) -> Path:
    """Return the folder with all links resolved; refuse a path at which something else exists."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ProjectError(
            Text("this is not a folder", "这不是文件夹"),
            where=str(folder),
            hint=Text("choose another path", "请换一个路径"),
        )
    try:
        return folder.resolve()
    except (OSError, RuntimeError) as error:
        raise ProjectError(
            Text("a link in this path cannot be resolved", "路径中的链接无法解析"),
            where=str(folder),
            hint=Text("choose another path", "请换一个路径"),
        ) from error


def describe_state(file: TreeFile | None) -> FileState:
    """Return the state of a path that holds this file."""
    return FileState(file.mode, _digest(file.content)) if file else ABSENT


def describe_difference(expected: FileState, found: FileState) -> Text:
    """Return in words how a path differs from what was expected."""
    if found.mode != expected.mode and (words := _KIND_WORDS.get(found.mode)):
        return words
    if expected == ABSENT:
        return Text("created meanwhile", "期间被创建")
    if found == ABSENT:
        return Text("removed meanwhile", "期间被删除")
    return Text("edited meanwhile", "期间被修改")


def find_state(folder: Path, path: str) -> FileState:
    """Return the state of a path of the project; a path below a file or a link is no file."""
    place = folder
    for part in PurePosixPath(path).parts[:-1]:
        place = place / part
        status = find_status(place)
        if status is None or not (stat.S_ISDIR(status.st_mode) or is_link(status)):
            return ABSENT
        if is_link(status):
            return BEHIND_LINK
    return read_state(folder / path)


def read_state(place: Path) -> FileState:
    """Return the state of a path whose parents are known to be folders."""
    status = find_status(place)
    if status is None or _has_other_spelling(place):
        return ABSENT
    if stat.S_ISLNK(status.st_mode):
        return FileState("120000", _digest(_read_link(place)))
    if stat.S_ISDIR(status.st_mode):
        return BEHIND_LINK if is_link(status) else FOLDER
    if not stat.S_ISREG(status.st_mode):
        return SPECIAL
    with _open_file(place) as file:
        mode: FileMode = "100755" if status.st_mode & 0o100 else "100644"
        return FileState(mode, hashlib.file_digest(file, "sha256").hexdigest())


def read_file(folder: Path, path: str) -> TreeFile | None:
    """Return the file or link at a path, or None if nothing or something else lies there."""
    return read_place(folder / path) if find_state(folder, path).is_file else None


def read_place(place: Path) -> TreeFile:
    """Return the file or link at a place that is known to have one."""
    status = place.lstat()
    if stat.S_ISLNK(status.st_mode):
        return TreeFile(_read_link(place), "120000")
    with _open_file(place) as file:
        return TreeFile(file.read(), "100755" if status.st_mode & 0o100 else "100644")


def find_status(place: Path) -> os.stat_result | None:
    """Return what lstat says, or None if nothing lies at the path."""
    try:
        return place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _has_other_spelling(place: Path) -> bool:
    """Whether a file system that ignores case found a name that differs in case."""
    swapped = place.with_name(place.name.swapcase())
    if swapped.name == place.name or find_status(swapped) is None:
        return False
    names = {unicodedata.normalize("NFC", other.name) for other in place.parent.iterdir()}
    return unicodedata.normalize("NFC", place.name) not in names


def is_link(status: os.stat_result) -> bool:
    """Whether a path is a symbolic link, or a junction of Windows."""
    attributes = getattr(status, "st_file_attributes", 0)
    return stat.S_ISLNK(status.st_mode) or bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def find_obstacle(folder: Path, path: str) -> str | None:
    """Return the first part of a path that exists and is no real folder; None if it is free."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        status = find_status(place)
        if status is None:
            return None
        if is_link(status) or not stat.S_ISDIR(status.st_mode):
            break
    return place.relative_to(folder).as_posix()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_link(place: Path) -> bytes:
    return os.fsencode(os.readlink(place))  # noqa: PTH115 (a Path would lose a leading ./)


def _open_file(place: Path) -> BufferedReader:
    """Open a file without following a link and without waiting for the other end of a FIFO."""
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return open(place, "rb", opener=lambda name, flags: os.open(name, flags | safe))
