"""Find in which files a project differs from its snapshot.

Only what can differ is read: a file of another size is edited. No link is followed, and nothing
but regular files is opened, so that a pipe or a device cannot block newft.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from newft.project.snapshot import DATA_DIR, METADATA_DIR
from newft.schema.project_status import LocalEdits
from newft.schema.tree import FileTree, TreeFile

# Folders at the top of a project that hold what its commands make, or the user's records.
_OUTPUT_DIRS = (METADATA_DIR, PurePosixPath(DATA_DIR).parts[0], "runs", "build", "dist")
_TOOL_DIRS = (".git", ".hg", ".svn", ".venv", ".tox", ".idea", "__pycache__", "node_modules")
_TOOL_ENDINGS = ("_cache", ".egg-info", ".newft-apply")
# Files that show that a folder is not the team's own code: an environment, another project.
_FOREIGN_MARKS = ("pyvenv.cfg", ".git", METADATA_DIR)
_MAX_FILES_LISTED = 20_000  # of one project; more are not the work of people
_FileState = Literal["same", "edited", "deleted"]


def find_local_edits(folder: Path, snapshot: FileTree) -> LocalEdits:
    """Return the files that the team has edited, deleted and added since the last rendering."""
    linked = _find_linked_folders(folder, snapshot)
    states: dict[str, _FileState] = {
        path: "edited" if path.startswith(linked) else _compare(folder / path, file)
        for path, file in sorted(snapshot.items())
    }
    return LocalEdits(
        edited=tuple(path for path, state in states.items() if state == "edited"),
        deleted=tuple(path for path, state in states.items() if state == "deleted"),
        added=tuple(path for path in list_team_files(folder) if path not in snapshot),
    )


def list_team_files(folder: Path) -> tuple[str, ...]:
    """Return the paths of a project, sorted, without what its commands and tools make."""
    found: list[str] = []
    for path in _walk(folder):
        found.append(path)
        if len(found) == _MAX_FILES_LISTED:
            break
    return tuple(sorted(found))


def _walk(folder: Path) -> Iterator[str]:
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        for entry in _list_entries(folder / inside):
            path = f"{inside}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif not _is_foreign(entry, is_top=not inside):
                waiting.append(f"{path}/")


def _list_entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # not readable for this user
        return []


def _is_foreign(entry: os.DirEntry[str], *, is_top: bool) -> bool:
    name = entry.name
    if name in _TOOL_DIRS or name.endswith(_TOOL_ENDINGS) or (is_top and name in _OUTPUT_DIRS):
        return True
    return any(os.path.lexists(Path(entry.path, mark)) for mark in _FOREIGN_MARKS)


def _find_linked_folders(folder: Path, tree: FileTree) -> tuple[str, ...]:
    """Return the folders of a tree, ending in `/`, in whose place the team has put a link."""
    parents: set[str] = set()
    for path in tree:
        while (path := path.rpartition("/")[0]) and path not in parents:
            parents.add(path)
    return tuple(f"{path}/" for path in parents if (folder / path).is_symlink())


def _compare(place: Path, file: TreeFile) -> _FileState:
    try:
        status = place.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(file.content):
            return "edited"
        return "same" if place.read_bytes() == file.content else "edited"
    except (FileNotFoundError, NotADirectoryError):
        return "deleted"
    except (OSError, ValueError):
        return "edited"
