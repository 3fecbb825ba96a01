"""Merge three trees of files by git, in an object store that exists only meanwhile.

git knows nothing but the three trees: no repository, configuration, attributes or filters of the
user have a part in it, so the same trees give the same outcome anywhere.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from newft.schema.tree import FileMode, FileTree, TreeFile
from newft.system.git import run_git

# git writes the names of both sides into conflict markers; no file has such a line by chance
PROJECT_BRANCH = "newft-project-side"
RENDER_BRANCH = "newft-render-side"
SNAPSHOT_BRANCH = "newft-snapshot"
_MERGE_OPTIONS = (
    *("-c", "merge.conflictStyle=zdiff3"),
    *("-c", "merge.directoryRenames=true"),
    *("-c", "merge.renames=true"),
)
_RENAME_LIMIT = 7000  # what git has for merges; its own limit for differences is lower
# How git names a file that has to make room for a folder, or for a link
_MOVED_AWAY = re.compile(rf"(.+)~({PROJECT_BRANCH}|{RENDER_BRANCH})(?:_\d+)?", re.DOTALL)


class GitMerge(NamedTuple):
    """The merged tree, and what git reports about it."""

    files: dict[str, TreeFile]
    moves: dict[str, str]  # the new path of a file of the project, and its old one
    stages: dict[str, dict[int, TreeFile]]
    moved_away: dict[str, str]  # a path that none of the trees has, and the path it stands for
    deleted_renames: dict[str, str]  # renamed on one side, deleted on the other: new path, old one
    # renamed on both sides: the old path, the path in the project, the path in the new render
    double_renames: tuple[tuple[str, str, str], ...]


class _Stage(NamedTuple):
    path: str
    number: int
    mode: FileMode
    oid: str


class _Difference(NamedTuple):
    """A path of the merged tree that differs from the project; no mode if it is gone."""

    path: str
    mode: FileMode | None
    oid: str
    old_path: str | None


class _Report(NamedTuple):
    tree: str
    stages: list[_Stage]
    messages: list[tuple[str, list[str]]]  # the kind of a message, and the paths that it is about


def merge_with_git(base: FileTree, ours: FileTree, theirs: FileTree) -> GitMerge:
    """Merge the changes from `base` to `theirs` into `ours`, with renames on both sides."""
    with tempfile.TemporaryDirectory(prefix="newft-merge-") as name:
        store = Path(name)
        run_git(["init", "-q", "--bare", "--template=", "--object-format=sha1"], folder=store)
        known = _import_trees(store, base, ours, theirs)
        report = _run_merge_tree(store)
        differences = list(_list_differences(store, report.tree))
        oids = {stage.oid for stage in report.stages}
        oids |= {found.oid for found in differences if found.mode}
        contents = known | _read_blobs(store, oids - known.keys())
    files, moves = _apply_differences(ours, differences, contents)
    stages: dict[str, dict[int, TreeFile]] = {}
    for stage in report.stages:
        file = TreeFile(contents[stage.oid], stage.mode)
        stages.setdefault(stage.path, {})[stage.number] = file
    return GitMerge(
        files=files,
        moves=moves,
        stages=stages,
        moved_away=_find_moved_away({*files, *stages}, {*base, *ours, *theirs}),
        deleted_renames={
            paths[0]: paths[1]
            for kind, paths in report.messages
            if kind == "CONFLICT (rename/delete)"
        },
        double_renames=tuple(
            (paths[0], paths[1], paths[2])
            for kind, paths in report.messages
            if kind == "CONFLICT (rename/rename)"
        ),
    )


def _import_trees(store: Path, *trees: FileTree) -> dict[str, bytes]:
    """Write the three trees as commits; return the contents by their names in the store."""
    known = {}
    commits = []
    for branch, tree in zip((SNAPSHOT_BRANCH, PROJECT_BRANCH, RENDER_BRANCH), trees, strict=True):
        commits.append(b"commit refs/heads/%s\n" % branch.encode())
        commits.append(b"committer newft <newft> 0 +0000\ndata 0\n")
        if branch != SNAPSHOT_BRANCH:
            commits.append(b"from refs/heads/%s\ndeleteall\n" % SNAPSHOT_BRANCH.encode())
        for path, (content, mode) in sorted(tree.items()):
            oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
            known[oid.hexdigest()] = content
            commits.append(b"M %s %s " % (mode.encode(), oid.hexdigest().encode()))
            commits.append(b"%s\n" % _quote_path(path))
    blobs = [b"blob\ndata %d\n%s\n" % (len(content), content) for content in known.values()]
    options = ("-c", "core.compression=0", "-c", "fastimport.unpackLimit=1")
    command = [*options, "fast-import", "--quiet", "--depth=0"]
    run_git(command, folder=store, stdin=b"".join(blobs + commits))
    return known


def _quote_path(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode("utf-8")


def _run_merge_tree(store: Path) -> _Report:
    command = [*_MERGE_OPTIONS, "merge-tree", "--write-tree", "-z", "--messages"]
    result = run_git([*command, PROJECT_BRANCH, RENDER_BRANCH], folder=store, accept=(0, 1))
    fields = iter(result.output.decode("utf-8").split("\0"))
    tree = next(fields)
    stages = []
    while described := next(fields, ""):  # an empty field ends the list
        entry, path = described.split("\t", 1)
        mode, oid, number = entry.split(" ")
        stages.append(_Stage(path, int(number), cast("FileMode", mode), oid))
    messages = []
    while count := next(fields, ""):
        paths = [next(fields) for _ in range(int(count))]
        messages.append((next(fields), paths))
        next(fields)  # the message in words
    return _Report(tree, stages, messages)


def _list_differences(store: Path, tree: str) -> Iterator[_Difference]:
    """Yield what the merged tree changes in the project, moved files as one difference."""
    command = ["diff-tree", "-r", "-z", "-M", f"-l{_RENAME_LIMIT}", PROJECT_BRANCH, tree, "--"]
    fields = iter(run_git(command, folder=store).output.decode("utf-8").split("\0"))
    while described := next(fields, ""):
        _, mode, _, oid, status = described.split(" ")
        old_path = next(fields) if status.startswith("R") else None
        kept = None if status == "D" else cast("FileMode", mode)
        yield _Difference(next(fields), kept, oid, old_path)


def _read_blobs(store: Path, oids: Collection[str]) -> dict[str, bytes]:
    if not oids:
        return {}
    names = "".join(f"{oid}\n" for oid in oids).encode()
    output = run_git(["cat-file", "--batch"], folder=store, stdin=names).output
    contents = {}
    start = 0
    while start < len(output):
        end = output.index(b"\n", start)
        oid, _, size = output[start:end].decode().split(" ")
        contents[oid] = output[end + 1 : end + 1 + int(size)]
        start = end + int(size) + 2
    return contents


def _apply_differences(
    ours: FileTree, differences: Iterable[_Difference], contents: dict[str, bytes]
) -> tuple[dict[str, TreeFile], dict[str, str]]:
    """Return the merged tree, and the old path of each file that it moves."""
    files = dict(ours)
    new: dict[str, TreeFile] = {}
    moves = {}
    for found in differences:
        if found.mode is None:
            del files[found.path]
            continue
        new[found.path] = TreeFile(contents[found.oid], found.mode)
        if found.old_path is not None:
            del files[found.old_path]
            moves[found.path] = found.old_path
    return files | new, moves


def _find_moved_away(paths: Iterable[str], known: Collection[str]) -> dict[str, str]:
    found = {path: _MOVED_AWAY.fullmatch(path) for path in paths if path not in known}
    return {path: match[1] for path, match in found.items() if match}
