"""Read the files of a project as they lie on the disk.

An update needs every path that the snapshot or the new render has, also where git ignores it, and
the other files of the team: one may be a generated file under a new name, or lie where the new
render has something else. git only lists those, in a store of its own with the `.gitignore` files
of the project, so that the outcome is the same whether or not the project is in a repository.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from newft.os_errors import explain_os_error
from newft.project.file_state import find_status, is_link, read_place
from newft.project.snapshot import DATA_DIR, METADATA_DIR
from newft.project.staging import STAGING_DIR
from newft.schema.tree import TreeFile
from newft.system.git import run_git
from newft.text import Text

MAX_FILE_BYTES = 1 << 28  # 256 MiB; a larger one was not generated
MAX_OTHER_FILE_BYTES = 1 << 20  # of a file that only the team knows
MAX_OTHER_BYTES = 1 << 28  # of all of them
MAX_OTHER_FILES = 20_000
# Data, what runs leave, and what is installed: large, and never a generated file under a new name
_UNREAD = (
    *(f"/{METADATA_DIR}/", f"/{STAGING_DIR}/", f"/{DATA_DIR}/", "/data/processed/", "/runs/"),
    *("__pycache__/", "node_modules/", ".venv/", "venv/", ".tox/", ".*_cache/", "*.egg-info/"),
)

# Files that show that a folder inside the project is an environment or another project
_FOREIGN_MARKS = ("/pyvenv.cfg", f"/{METADATA_DIR}/answers.yml")


class ProjectTree(NamedTuple):
    """The files of a project, and why some paths of it can be neither read nor written."""

    tree: dict[str, TreeFile]
    skipped: dict[str, Text]


def read_project_tree(folder: Path, paths: Collection[str]) -> ProjectTree:
    """Return the files at `paths`, and the other files of the team that an update may touch.

    No link is followed, and nothing inside another repository or a submodule is read.

    Raises:
        SystemRefusedError: a file at one of the paths cannot be read.
        GitError: git is missing or too old.
    """
    reader = _Reader(folder)
    try:
        for path in sorted(paths):
            reader.read_generated(path)
    except OSError as error:
        raise explain_os_error(error) from error
    reader.read_others(_list_other_files(folder))
    for path in reader.folders:
        if not any(other.startswith(f"{path}/") for other in reader.tree):
            reader.skipped[path] = Text("a folder is at this path", "该路径是文件夹")
    return ProjectTree(reader.tree, reader.skipped)


@dataclass
class _Reader:
    """What has been read of a project, and what each folder of it contains."""

    root: Path
    tree: dict[str, TreeFile] = field(default_factory=dict)
    skipped: dict[str, Text] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)  # where the snapshot or render has a file
    links: set[str] = field(default_factory=set)  # to folders that generated files lie in
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    def read_generated(self, path: str) -> None:
        """Read the file at a path that the snapshot or the new render has."""
        parts = path.split("/")
        for parent in ("/".join(parts[:count]) for count in range(1, len(parts))):
            status = self._find(parent)
            if status is None:
                return
            if stat.S_ISDIR(status.st_mode) and not is_link(status):
                if ".git" in self._list_names(parent):
                    self.skipped[path] = Text(
                        f"`{parent}` is a repository of its own", f"`{parent}` 是独立的仓库"
                    )
                    return
                continue
            if is_link(status):
                self.links.add(parent)
                self.skipped[path] = Text(f"`{parent}` is a link", f"`{parent}` 是符号链接")
            else:
                self._read_file(parent, status, reported=path)
            return
        status = self._find(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            self.folders.append(path)
        elif status is not None:
            self._read_file(path, status, reported=path)

    def _read_file(self, path: str, status: os.stat_result, *, reported: str) -> None:
        """Read a file or a link; the reported path is skipped if it is something else."""
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            self.skipped[reported] = Text(
                f"`{path}` is not a regular file", f"`{path}` 不是普通文件"
            )
        elif status.st_size > MAX_FILE_BYTES:
            self.skipped[reported] = Text(f"`{path}` is too large", f"`{path}` 过大")
        else:
            self.tree[path] = read_place(self.root / path)

    def read_others(self, paths: Iterator[str]) -> None:
        """Read the files of the team, up to a limit; one that cannot be read does not matter."""
        size = count = 0
        for path in paths:
            if path in self.tree or path in self.links or path in self.skipped:
                continue
            try:
                status = (self.root / path).lstat()
                if status.st_size > MAX_OTHER_FILE_BYTES:
                    continue
                file = read_place(self.root / path)
            except OSError:
                continue
            count, size = count + 1, size + len(file.content)
            if count > MAX_OTHER_FILES or size > MAX_OTHER_BYTES:
                return
            self.tree[path] = file

    def _find(self, path: str) -> os.stat_result | None:
        """Return what lies at a path of exactly this name, also where case does not count."""
        parent, _, name = path.rpartition("/")
        return find_status(self.root / path) if name in self._list_names(parent) else None

    def _list_names(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            places = (self.root / folder).iterdir()
            self._names[folder] = frozenset(place.name for place in places)
        return self._names[folder]


def _list_other_files(folder: Path) -> Iterator[str]:
    """Yield the sorted paths of all files that the project does not ignore.

    The listing has no folder, FIFO or device; repositories inside the project end with a slash.
    """
    excluded = [word for pattern in _UNREAD for word in ("-x", pattern)]
    with tempfile.TemporaryDirectory(prefix="newft-list-") as name:
        run_git(["init", "-q", "--bare", "--template="], folder=Path(name))
        command = [f"--git-dir={name}", "--work-tree=.", "ls-files", "-o", "-z"]
        result = run_git([*command, "--exclude-standard", *excluded], folder=folder)
    paths = [path for path in sorted(result.output.split(b"\0")) if _is_utf8(path)]
    names = [path.decode("utf-8") for path in paths]
    foreign = tuple(
        f"{name.removesuffix(mark)}/"
        for name in names
        for mark in _FOREIGN_MARKS
        if name.endswith(mark)
    )
    for name in names:
        if name and not name.endswith("/") and not name.startswith(foreign):
            yield name


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
