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


def merge_with_git(
    base: FileTree,
    ours: FileTree,
    theirs: FileTree,
    *,
    folder_renames: bool = True,
    unrelated: Collection[str] = (),
) -> GitMerge:
    """Merge the changes from `base` to `theirs` into `ours`.

    `unrelated` are paths of `ours` that git must not take for renamed files of `base`. It sees
    their names, which may collide or move with a folder, and stand-ins for their content.
    """
    stand_ins = {path: TreeFile(f"newft: {path}".encode(), ours[path].mode) for path in unrelated}
    with tempfile.TemporaryDirectory(prefix="newft-merge-") as name:
        store = Path(name)
        run_git(["init", "-q", "--bare", "--template=", "--object-format=sha1"], folder=store)
        known = _import_trees(store, base, {**ours, **stand_ins}, theirs)
        hidden = {_hash_blob(file.content): path for path, file in stand_ins.items()}
        report = _run_merge_tree(store, folder_renames)
        if disputed := {hidden[stage.oid] for stage in report.stages if stage.oid in hidden}:
            related = set(unrelated) - disputed
            return merge_with_git(
                base, ours, theirs, folder_renames=folder_renames, unrelated=related
            )
        known |= {oid: ours[path].content for oid, path in hidden.items()}
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


def merge_by_path(base: FileTree, ours: FileTree, theirs: FileTree) -> GitMerge:
    """Merge each path for itself: a renamed file counts as deleted and added.

    git finds no rename, since it sees no file of the snapshot that a side has deleted.
    """
    deleted = {path for path in base if path not in ours or path not in theirs}
    edited = {path for path in deleted if path in ours and ours[path] != base[path]}
    merge = merge_with_git(
        {path: file for path, file in base.items() if path not in deleted},
        {path: file for path, file in ours.items() if path not in deleted - edited},
        {path: file for path, file in theirs.items() if path not in deleted},
    )
    for path in deleted:
        if path in edited and path in merge.files:
            merge.stages[path] = {1: base[path], 2: ours[path]}
        elif path in theirs and theirs[path] != base[path]:
            merge.stages[path] = {1: base[path], 3: theirs[path]}
    return merge


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
            oid = _hash_blob(content)
            known[oid] = content
            commits.append(b"M %s %s %s\n" % (mode.encode(), oid.encode(), _quote_path(path)))
    blobs = [b"blob\ndata %d\n%s\n" % (len(content), content) for content in known.values()]
    options = ("-c", "core.compression=0", "-c", "fastimport.unpackLimit=1")
    command = [*options, "fast-import", "--quiet", "--depth=0"]
    run_git(command, folder=store, stdin=b"".join(blobs + commits))
    return known


def _hash_blob(content: bytes) -> str:
    """Return the name of a content in the store."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _quote_path(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode("utf-8")


def _run_merge_tree(store: Path, folder_renames: bool) -> _Report:
    settings = {
        "merge.conflictStyle": "zdiff3",
        "merge.renames": "true",
        "merge.directoryRenames": "true" if folder_renames else "false",
    }
    options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
    command = [*options, "merge-tree", "--write-tree", "-z", "--messages"]
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
