"""Which paths a project may get: names that mean the same file everywhere, and nothing but a file.

The files of a kit have names that come from outside. Each one ends up on the disks of a team, of
which some fold case, some fold accents, and some give `NUL` or `git~1` a meaning of their own; see
CVE-2024-32002 and CVE-2025-48384 for what such names did to git.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from newft.emitted.normalize import CONTROL_CATEGORIES
from newft.text import Text

MAX_NAME_BYTES = 255  # what file systems store
MAX_PATH_CHARACTERS = 240  # Windows allows 260, with the folder of the project
_DEVICE_NAME = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\..*)?", re.IGNORECASE
)
# `git~1` and `gitmod~1` are the short names that Windows gives `.git` and `.gitmodules`.
_GIT_NAME = re.compile(r"(\.git|git~\d|\.gitmodules|gitmod~\d)", re.IGNORECASE)
_NEWFT_NAME = re.compile(r"(\.newft(-apply)?)", re.IGNORECASE)
_TEMPLATE_EXPRESSION = re.compile(r"\{[{%].*?[}%]\}")


class PathFault(NamedTuple):
    """A path that is refused, and why."""

    path: str
    reason: Text


def find_path_faults(paths: Iterable[str]) -> tuple[PathFault, ...]:
    """Return every path that no project may get, and every two that some disks do not tell apart.

    The parts of a path are separated by `/`, as git writes them.
    """
    listed = sorted(set(paths))
    faults = [PathFault(path, reason) for path in listed if (reason := _check_path(path))]
    return (*faults, *_find_collisions(listed))


def fold_path(path: str) -> str:
    """Return the form that two paths share if some file system takes them for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_path(path: str) -> Text | None:
    """Return the first reason to refuse a path; None if there is none."""
    if len(path) > MAX_PATH_CHARACTERS:
        return Text(
            f"has more than {MAX_PATH_CHARACTERS} characters", f"超过 {MAX_PATH_CHARACTERS} 个字符"
        )
    if path.startswith("/"):
        return Text("is an absolute path", "是绝对路径")
    return next((reason for part in path.split("/") if (reason := _check_name(part))), None)


def _check_name(name: str) -> Text | None:
    """Return why one part of a path is refused; None if it is not."""
    # A file system may drop what ends a name; `.git::$DATA` is another way to write `.git`.
    bare = re.sub(r"[. ]+$", "", name.split(":")[0])
    rules = (
        (name in ("", ".", ".."), Text("leaves its folder", "越出所在文件夹")),
        (
            any(unicodedata.category(character) in CONTROL_CATEGORIES for character in name),
            Text("contains a control or invisible character", "含控制字符或不可见字符"),
        ),
        ("\\" in name, Text("contains a backslash", "含反斜杠")),
        (
            _GIT_NAME.fullmatch(bare) is not None,
            Text("is a name that git itself uses", "是 git 自用的名称"),
        ),
        (
            _NEWFT_NAME.fullmatch(bare) is not None,
            Text("is a name that newft itself uses", "是 newft 自用的名称"),
        ),
        (
            ":" in _TEMPLATE_EXPRESSION.sub("", name),
            Text("contains a colon, as drive letters do", "含冒号，如同盘符"),
        ),
        (name.endswith((".", " ")), Text("ends with a dot or a space", "以点或空格结尾")),
        (
            _DEVICE_NAME.fullmatch(name) is not None,
            Text("is the name of a device on Windows", "是 Windows 的设备名"),
        ),
        (
            len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES,
            Text(f"has more than {MAX_NAME_BYTES} bytes", f"超过 {MAX_NAME_BYTES} 字节"),
        ),
    )
    return next((reason for applies, reason in rules if applies), None)


def _find_collisions(paths: Sequence[str]) -> Iterator[PathFault]:
    """Yield paths that some disks do not tell from another, or that lie below another file."""
    files = {fold_path(path): path for path in reversed(paths)}
    owners: dict[str, str] = {}  # the first spelling of each file and folder
    for path in paths:
        for prefix in _list_prefixes(path):
            folded = fold_path(prefix)
            owner = owners.setdefault(folded, prefix)
            if prefix != path:
                owner = files.get(folded, owner)
            if owner != prefix or (prefix != path and folded in files):
                yield PathFault(path, _explain_collision(owner))
                break


def _list_prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _explain_collision(other: str) -> Text:
    return Text(
        f"is the same path as `{other}` on some disks", f"在某些磁盘上与 `{other}` 是同一路径"
    )
