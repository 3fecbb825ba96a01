"""The package of a project under another name: by the hand of the team, or by an update."""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from newft.errors import ProjectError
from newft.project.local_edits import list_team_files
from newft.project.project_files import MAX_OTHER_FILE_BYTES
from newft.schema.tree import FileTree, TreeMerge
from newft.text import Text, list_lines

SOURCES = "src/"
_RENAMED_SHARE = 0.5  # of the files of the package that lie in another folder


def refuse_two_renames(name: str, new: str, snapshot: FileTree, paths: Collection[str]) -> None:
    """Refuse to rename a package that the team has renamed otherwise: both would be left.

    `name` is the one of the project that the snapshot has, and `new` the package to come.
    """
    old = _find_package(snapshot)
    if old is None or old == new:
        return
    renamed = _find_folder(old, snapshot, paths)
    if renamed is None or renamed == f"{SOURCES}{new}":
        return
    package = renamed.removeprefix(SOURCES)
    fitting = name if "/" in package else package
    raise ProjectError(
        Text(
            f"the package `{old}` was renamed by hand to `{renamed}`, and this update would"
            f" rename it to `{new}`",
            f"包 `{old}` 已被手动改名为 `{renamed}`，而这次更新会把它改名为 `{new}`",
        ),
        where=f"{SOURCES}{old}",
        hint=Text(
            f"add --set name={fitting}, so that the update does not rename it",
            f"请加 --set name={fitting}，更新就不会再改包名",
        ),
    )


def describe_old_imports(
    folder: Path, snapshot: FileTree, package: str, merge: TreeMerge
) -> Iterator[Text]:
    """Yield which files would import a package under the name that an update takes from it."""
    old = _find_package(snapshot)
    if old is None or old == package:
        return
    own = [path for path in list_team_files(folder) if path not in snapshot]
    merged = {change.path: change.after for change in merge.changes}
    moved = {change.moved_from for change in merge.changes}
    files = {path: _read_small(folder / path) for path in own if path not in moved}
    files |= {path: file.content for path, file in merged.items() if file}
    pattern = re.compile(rb"^\s*(?:from|import)\s+%s\b" % old.encode(), re.MULTILINE)
    found = sorted(
        path for path, file in files.items() if path.endswith(".py") and pattern.search(file)
    )
    if found:
        listed = list_lines(found)
        yield Text(
            f"the package is now `{package}`; these files still import `{old}`:\n{listed.en}",
            f"包已改名为 `{package}`；以下文件仍导入 `{old}`：\n{listed.zh}",
        )


def _read_small(place: Path) -> bytes:
    with suppress(OSError):
        status = place.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_OTHER_FILE_BYTES:
            return place.read_bytes()
    return b""


def _find_package(snapshot: FileTree) -> str | None:
    names = Counter(path.split("/")[1] for path in snapshot if path.startswith(SOURCES))
    return names.most_common(1)[0][0] if names else None


def _find_folder(package: str, snapshot: FileTree, paths: Collection[str]) -> str | None:
    """Return the folder in which the files of a package lie now; None if it was not renamed."""
    folder = f"{SOURCES}{package}/"
    names = {path.removeprefix(folder) for path in snapshot if path.startswith(folder)}
    if any(path.startswith(folder) for path in paths):
        return None
    found: Counter[str] = Counter()
    for path in paths:
        parts = path.split("/")
        cuts = range(1, len(parts))
        found.update("/".join(parts[:cut]) for cut in cuts if "/".join(parts[cut:]) in names)
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] >= _RENAMED_SHARE * len(names) else None
