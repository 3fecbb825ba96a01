"""The files of a kit: read from a folder, checked, identified, and written to a folder.

A kit is a tree of plain files. Links and submodules are refused by name, since a link could lead
anywhere on the disk of whoever uses the kit; see `safe_paths` for the names of files.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from newft.errors import KitSourceError
from newft.schema.tree import FileTree, TreeFile
from newft.system.safe_paths import MAX_PATH_CHARACTERS, PathFault, find_path_faults
from newft.text import Text, list_lines, pluralize

MAX_FILES = 4_000
MAX_FILE_BYTES = 8 << 20
MAX_KIT_BYTES = 32 << 20  # a kit is stored in every project that is made from it
MAX_FAULTS_LISTED = 20
LINK_MODE, SUBMODULE_MODE, EXECUTABLE_MODE = "120000", "160000", "100755"
# What tools leave in a folder beside the files that somebody wrote.
_TOOL_NAMES = frozenset(
    {
        ".git",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".DS_Store",
        "Thumbs.db",
    }
)
_TREE_MODE = "40000"


class KitEntry(NamedTuple):
    """A file of a kit before its content is read: the mode as git writes it, and the size."""

    path: str
    mode: str
    size: int


def refuse_unsafe_entries(entries: Iterable[KitEntry], *, where: str) -> None:
    """Raise one error that lists the links, submodules, sizes and names that are refused."""
    listed = list(entries)
    _refuse_excess(listed, where=where)
    faults = [PathFault(one.path, reason) for one in listed if (reason := _check_entry(one))]
    faults += find_path_faults(one.path for one in listed)
    if faults:
        lines = [Text(f"{path}: {en}", f"{path}：{zh}") for path, (en, zh) in faults]
        listing = list_lines(lines, most=MAX_FAULTS_LISTED)
        raise KitSourceError(
            Text(
                f"the kit has files that no project may get:\n{listing.en}",
                f"套件中有项目不能接收的文件：\n{listing.zh}",
            ),
            where=where,
            hint=Text(
                "rename or remove them in the kit; put files in the place of links",
                "请在套件中改名或删除；链接请换成文件",
            ),
        )


def _check_entry(entry: KitEntry) -> Text | None:
    if entry.mode == LINK_MODE:
        return Text("is a link", "是符号链接")
    if entry.mode == SUBMODULE_MODE:
        return Text("is a submodule", "是子模块")
    if entry.mode not in ("100644", "100664", EXECUTABLE_MODE):
        return Text("is no regular file", "不是普通文件")
    if entry.size > MAX_FILE_BYTES:
        return Text(
            f"has {entry.size:,} bytes; at most {MAX_FILE_BYTES:,} are allowed",
            f"有 {entry.size:,} 字节，上限为 {MAX_FILE_BYTES:,}",
        )
    return None


def _refuse_excess(entries: list[KitEntry], *, where: str) -> None:
    total = sum(entry.size for entry in entries)
    if len(entries) <= MAX_FILES and total <= MAX_KIT_BYTES:
        return
    files = pluralize(len(entries), "file")
    raise KitSourceError(
        Text(
            f"the kit has {files} of {total:,} bytes together;"
            f" at most {MAX_FILES:,} files and {MAX_KIT_BYTES:,} bytes are allowed",
            f"套件有 {len(entries):,} 个文件，共 {total:,} 字节；"
            f"上限为 {MAX_FILES:,} 个文件、{MAX_KIT_BYTES:,} 字节",
        ),
        where=where,
        hint=Text(
            "give the kit a folder or a repository of its own, without data and weights",
            "请把套件放在单独的文件夹或仓库中，不含数据和权重",
        ),
    )


def read_kit_folder(folder: Path, paths: Iterable[str] | None = None) -> FileTree:
    """Return the files of a folder, or those at `paths`; no link is followed.

    Without `paths`, all files count but those that tools leave behind, such as `__pycache__`.
    """
    entries = _walk(folder, "") if paths is None else _look_up(folder, paths)
    found = sorted(islice(entries, MAX_FILES + 1))  # one more is enough to be refused
    refuse_unsafe_entries(found, where=str(folder))
    return {entry.path: _read_file(folder, entry) for entry in found}


def _walk(folder: Path, prefix: str) -> Iterator[KitEntry]:
    with os.scandir(folder / prefix) as entries:
        for entry in entries:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            if _is_left_by_tool(path):
                continue
            if entry.is_dir(follow_symlinks=False) and len(path) <= MAX_PATH_CHARACTERS:
                yield from _walk(folder, path)
            else:
                yield _describe_file(folder, path)


def _look_up(folder: Path, paths: Iterable[str]) -> Iterator[KitEntry]:
    """Yield the files at paths that git listed; one that is gone from the disk is no file."""
    for path in sorted(set(paths)):
        if _is_left_by_tool(path):
            continue
        if path.endswith("/"):  # the work tree of another repository
            yield KitEntry(path.rstrip("/"), SUBMODULE_MODE, 0)
        elif find_path_faults([path]):
            yield KitEntry(path, "100644", 0)  # to be refused by its name
        elif os.path.lexists(folder / path):
            yield _describe_file(folder, path)


def _is_left_by_tool(path: str) -> bool:
    return path.endswith(".pyc") or not _TOOL_NAMES.isdisjoint(path.split("/"))


def _describe_file(folder: Path, path: str) -> KitEntry:
    places = [folder / path, *(folder / path).parents][: path.count("/") + 1]
    if any(place.is_symlink() for place in places):
        return KitEntry(path, LINK_MODE, 0)
    status = (folder / path).lstat()
    if stat.S_ISDIR(status.st_mode):
        return KitEntry(path, SUBMODULE_MODE, 0)
    if not stat.S_ISREG(status.st_mode):
        return KitEntry(path, "other", 0)
    mode = EXECUTABLE_MODE if status.st_mode & 0o100 and os.name == "posix" else "100644"
    return KitEntry(path, mode, status.st_size)


def _read_file(folder: Path, entry: KitEntry) -> TreeFile:
    with open(folder / entry.path, "rb", opener=_open_without_links) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    return TreeFile(content, "100755" if entry.mode == EXECUTABLE_MODE else "100644")


def _open_without_links(path: str, flags: int) -> int:
    """Open a file that was no link when it was looked at; it must not have become one since."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def write_kit_files(tree: FileTree, folder: Path) -> None:
    """Write the files of a kit, which have been checked, into a new folder."""
    folder.mkdir(parents=True)
    for path, file in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            out.write(file.content)
        target.chmod(0o755 if file.mode == EXECUTABLE_MODE else 0o644)


def compute_tree_id(tree: FileTree) -> str:
    """Return the id that git gives a tree with these files.

    A folder and a repository with the same files have the same id, whether or not git is there.
    """
    nested: dict[str, dict[str, TreeFile]] = defaultdict(dict)
    entries: list[tuple[bytes, str, str, str]] = []  # sort key, mode, name, id
    for path, file in tree.items():
        top, _, rest = path.partition("/")
        if rest:
            nested[top][rest] = file
        else:
            entries.append((top.encode(), file.mode, top, _hash_object("blob", file.content)))
    entries += [
        (name.encode() + b"/", _TREE_MODE, name, compute_tree_id(files))
        for name, files in nested.items()
    ]
    return _hash_object(
        "tree",
        b"".join(
            f"{mode} {name}".encode() + b"\0" + bytes.fromhex(object_id)
            for _, mode, name, object_id in sorted(entries)
        ),
    )


def _hash_object(kind: str, content: bytes) -> str:
    header = f"{kind} {len(content)}".encode() + b"\0"
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
