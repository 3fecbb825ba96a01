"""Tell whether the team has renamed the package of a project by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from newft.errors import ProjectError
from newft.schema.tree import FileTree
from newft.text import Text

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
