"""Show the conflicts of an update in the index of the user's repository, and take them out again.

`git status`, `git mergetool` and editors then treat them like those of a merge. Nothing else of the
repository is touched: no commit, no branch, no file. Entries are kept as lines of
`git update-index --index-info`, with paths within the project:

    <mode> <object> <stage> TAB <path> NUL        mode 0: no entry
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from newft.errors import GitError
from newft.schema.tree import Conflict
from newft.system.git import run_git
from newft.text import Text

_ENTRY = re.compile(rb"(\d{1,6}) ([0-9a-f]{40}|[0-9a-f]{64}) ([0-3])\t(.+)", re.DOTALL)
_HASH_LENGTHS = {"sha1": 40, "sha256": 64}


class _Repository(NamedTuple):
    """The repository that a project is tracked in."""

    prefix: bytes  # the path of the project in it, empty or with a slash at the end
    no_object: bytes  # as many zeros as the name of an object has digits
    tracked: dict[bytes, list[bytes]]  # the entries of the project by path


class _Entry(NamedTuple):
    line: bytes
    stage: int
    path: bytes


def read_index_entries(folder: Path, paths: Collection[str]) -> bytes:
    """Return the present entries of paths of a project; none if no repository tracks it.

    Raises:
        GitError: another git process holds the index, so that nothing could be recorded in it.
    """
    repository = _find_repository(folder)
    if repository is None or not paths:
        return b""
    if _is_index_locked(folder):
        raise GitError(
            Text("another git process uses this repository", "另一个 git 进程正在使用此仓库"),
            where=str(folder),
            hint=Text(
                "wait until it has finished; if there is none, remove .git/index.lock",
                "请等它结束；如果没有这样的进程，请删除 .git/index.lock",
            ),
        )
    lines = []
    for path in sorted(name.encode() for name in paths):
        lines += repository.tracked.get(path) or [_make_removal(repository, path)]
    return b"".join(line + b"\0" for line in lines)


def list_entry_paths(entries: bytes) -> tuple[str, ...]:
    """Return the paths of entries; it raises the same error as `restore_index_entries`."""
    return tuple(dict.fromkeys(entry.path.decode() for entry in _parse_entries(entries)))


def record_conflicts(folder: Path, conflicts: Sequence[Conflict]) -> None:
    """Make the paths of conflicts unmerged: snapshot, project and new render as stages 1, 2, 3.

    Without a repository that tracks the project nothing happens; nor for a path that git ignores,
    since a file with secrets must not become a tracked one.

    Raises:
        GitError: git cannot write to the repository; the files of the project are not affected.
    """
    try:
        repository = _find_repository(folder) if conflicts else None
        if repository is not None:
            _record_stages(folder, repository, conflicts)
    except GitError as error:
        reason, _ = error.texts
        raise GitError(
            Text(
                f"the files are written, but git does not show the conflicts: {reason.en}",
                f"文件已写入，但 git 不显示冲突：{reason.zh}",
            ),
            where=error.where,
        ) from error


def _record_stages(folder: Path, repository: _Repository, conflicts: Sequence[Conflict]) -> None:
    ignored = _list_ignored(folder, [conflict.path.encode() for conflict in conflicts])
    shown = [conflict for conflict in conflicts if conflict.path.encode() not in ignored]
    files = [
        (conflict.path.encode(), stage, file)
        for conflict in shown
        for stage, file in sorted(conflict.stages.items())
    ]
    objects = _write_objects(folder, [file.content for _, _, file in files])
    lines = [_make_removal(repository, conflict.path.encode()) for conflict in shown]
    lines += [
        b"%s %s %d\t%s" % (file.mode.encode(), name, stage, path)
        for (path, stage, file), name in zip(files, objects, strict=True)
    ]
    _update_index(folder, repository, lines)


def restore_index_entries(folder: Path, entries: bytes) -> None:
    """Bring back entries that `read_index_entries` returned.

    A path that has been resolved since keeps what is staged, unless the entries are a conflict.

    Raises:
        GitError: the entries are damaged.
    """
    parsed = _parse_entries(entries)
    repository = _find_repository(folder) if parsed else None
    if repository is None:
        return
    unmerged = {
        entry.path
        for lines in repository.tracked.values()
        for entry in _parse_entries(b"\0".join(lines))
        if entry.stage
    }
    conflicts = {entry.path for entry in parsed if entry.stage}
    wanted = [entry for entry in parsed if entry.path in unmerged | conflicts]
    removals = dict.fromkeys(_make_removal(repository, entry.path) for entry in wanted)
    lines = [entry.line for entry in wanted if not entry.line.startswith(b"0 ")]
    _update_index(folder, repository, [*removals, *lines])


def _parse_entries(entries: bytes) -> list[_Entry]:
    """Return entries by path and stage; refuse lines and paths that newft does not write."""
    parsed = []
    for line in filter(None, entries.split(b"\0")):
        found = _ENTRY.fullmatch(line)
        parts = found[4].split(b"/") if found else []
        if found is None or any(part.lower() in (b"", b".", b"..", b".git") for part in parts):
            raise GitError(
                Text("the recorded entries of git's index are damaged", "记录的 git 索引条目已损坏")
            )
        parsed.append(_Entry(line, int(found[3]), found[4]))
    return parsed


def _find_repository(folder: Path) -> _Repository | None:
    """Return the repository that tracks files of the project, if git opens it for this user."""
    asked = ["--is-inside-work-tree", "--show-object-format", "--show-prefix"]
    found = run_git(["rev-parse", *asked], folder=folder, accept=range(256))
    inside, _, rest = found.output.partition(b"\n")
    if found.code != 0 or inside != b"true":
        return None
    object_format, _, prefix = rest.partition(b"\n")
    tracked: dict[bytes, list[bytes]] = {}
    listed = run_git(["ls-files", "-s", "-z", "--", "."], folder=folder).output
    for line in filter(None, listed.split(b"\0")):
        tracked.setdefault(line.split(b"\t", 1)[1], []).append(line)
    no_object = b"0" * _HASH_LENGTHS[object_format.decode()]
    return _Repository(prefix.removesuffix(b"\n"), no_object, tracked) if tracked else None


def _is_index_locked(folder: Path) -> bool:
    found = run_git(["rev-parse", "--git-path", "index.lock"], folder=folder).output
    return (folder / found.decode(errors="surrogateescape").removesuffix("\n")).exists()


def _list_ignored(folder: Path, paths: Sequence[bytes]) -> set[bytes]:
    """Return the paths that git ignores and does not track."""
    stdin = b"".join(b"./%s\0" % path for path in paths)
    result = run_git(
        ["check-ignore", "-z", "--stdin"],
        folder=folder,
        stdin=stdin,
        environment={"GIT_LITERAL_PATHSPECS": "0"},  # the command has none; ./ makes them literal
        accept=(0, 1),  # 1: it ignores none of them
    )
    return {path.removeprefix(b"./") for path in result.output.split(b"\0")}


def _write_objects(folder: Path, contents: Sequence[bytes]) -> Iterator[bytes]:
    """Write contents into the repository as they are; yield the names of the objects."""
    with tempfile.TemporaryDirectory(prefix="newft-objects-") as name:
        places = [Path(name, str(number)) for number in range(len(contents))]
        for place, content in zip(places, contents, strict=True):
            place.write_bytes(content)
        command = ["hash-object", "-w", "--no-filters", "--stdin-paths"]
        stdin = "".join(f"{place}\n" for place in places).encode()
        yield from run_git(command, folder=folder, stdin=stdin).output.split()


def _make_removal(repository: _Repository, path: bytes) -> bytes:
    return b"0 %s 0\t%s" % (repository.no_object, path)


def _update_index(folder: Path, repository: _Repository, lines: Sequence[bytes]) -> None:
    if lines:
        stdin = b"".join(
            line.replace(b"\t", b"\t" + repository.prefix, 1) + b"\0" for line in lines
        )
        run_git(["update-index", "-z", "--index-info"], folder=folder, stdin=stdin)
