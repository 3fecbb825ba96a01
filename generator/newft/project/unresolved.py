"""Which conflicts of an earlier update are left to be resolved.

Files with markers, and those beside others, are told by themselves. For a conflict without markers
the update leaves a list: `.newft/conflicts.yml`, which `--undo` takes back. Its entries count as
resolved when

- the file has been edited or removed, or git records it as merged (git add);
- one of the two names of a file that both sides renamed is gone;
- somebody has removed the entry.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import GitError, NewftError, ProjectError
from newft.project.conflict_markers import find_marked_files
from newft.project.file_state import describe_state, find_state, read_file
from newft.project.local_edits import find_local_edits
from newft.project.project_files import MAX_FILE_BYTES, MAX_OTHER_BYTES, MAX_OTHER_FILE_BYTES
from newft.project.serialize import PlainValue, dump_yaml
from newft.project.snapshot import METADATA_DIR
from newft.schema.project_status import LocalEdits
from newft.schema.tree import FileTree, TreeFile, TreeMerge
from newft.system.git import run_git
from newft.text import Text, list_lines

CONFLICTS_FILE = f"{METADATA_DIR}/conflicts.yml"
_MAX_LIST_BYTES = 1 << 22
_HEADER = (
    b"# Conflicts of the last update that no markers show. An entry counts as resolved\n"
    b"# when its file is edited, removed or added to git, or when you remove the entry here. Of a\n"
    b"# file with other_path keep one of the two.\n"
)


class _Entry(NamedTuple):
    path: str
    sha256: str  # of the file as the update left it
    other_path: str  # empty, or the second name of a file that both sides renamed


def list_unmarked_conflicts(merge: TreeMerge) -> TreeFile | None:
    """Return the list of the conflicts that no markers show; None if there is none."""
    after = {change.path: change.after for change in merge.changes}
    entries: list[PlainValue] = []
    for conflict in merge.conflicts:
        if conflict.other_path or not conflict.lines:
            sha256 = describe_state(after.get(conflict.path)).sha256
            entry: dict[str, PlainValue] = {"path": conflict.path, "sha256": sha256}
            if conflict.other_path:
                entry["other_path"] = conflict.other_path
            entries.append(entry)
    return TreeFile(_HEADER + dump_yaml({"conflicts": entries}).encode()) if entries else None


def find_unresolved(
    folder: Path, snapshot: FileTree, edits: LocalEdits | None = None
) -> tuple[str, ...]:
    """Return the sorted paths of the conflicts that are left; `edits` are those of the project."""
    found = edits or find_local_edits(folder, snapshot)
    marked = find_marked_files(dict(_read_searched(folder, found)))
    return tuple(sorted({*marked, *_find_listed(folder)}))


def refuse_unresolved(folder: Path, snapshot: FileTree) -> None:
    """Refuse a project with conflicts of an earlier update: a second one would nest them."""
    paths = find_unresolved(folder, snapshot)
    if paths:
        listed = list_lines(paths)
        raise ProjectError(
            Text(
                f"conflicts of an earlier update are not resolved yet:\n{listed.en}",
                f"上次更新的冲突尚未解决：\n{listed.zh}",
            ),
            where=str(folder),
            hint=Text(
                "edit the parts between <<<<<<< and >>>>>>>, remove or rename the files that end in"
                f" -update, decide about the files that {CONFLICTS_FILE} lists (edit, remove or"
                " git add them), or take the update back with `newft update --undo`",
                "请编辑 <<<<<<< 与 >>>>>>> 之间的内容，删除或重命名以 -update 结尾的文件，"
                f"处理 {CONFLICTS_FILE} 列出的文件（编辑、删除或 git add），"
                "或用 `newft update --undo` 撤销上次更新",
            ),
        )


def _read_searched(folder: Path, edits: LocalEdits) -> Iterator[tuple[str, TreeFile]]:
    """Yield the files in which an update can have left markers; no link is followed."""
    left = MAX_OTHER_BYTES
    for paths, limit in ((edits.edited, MAX_FILE_BYTES), (edits.added, MAX_OTHER_FILE_BYTES)):
        for path in paths:
            content = b""  # of what is no file, or too large for a merge
            with suppress(OSError):
                status = (folder / path).lstat()
                if stat.S_ISREG(status.st_mode) and status.st_size <= min(limit, left):
                    content = (folder / path).read_bytes()
            left -= len(content) if paths is edits.added else 0
            yield path, TreeFile(content)


def _find_listed(folder: Path) -> Iterator[str]:
    entries = _read_list(folder)
    settled = _find_added_to_git(folder, [entry.path for entry in entries]) if entries else set()
    for entry in entries:
        state = find_state(folder, entry.path)
        if entry.other_path:
            if state.is_file and find_state(folder, entry.other_path).is_file:
                yield entry.path
        elif state.sha256 == entry.sha256 and entry.path not in settled:
            yield entry.path


def _read_list(folder: Path) -> list[_Entry]:
    """Return the entries of the list; whoever edits it may remove any of them, or all."""
    if find_state(folder, CONFLICTS_FILE).is_file:
        with suppress(YamlError, NewftError, OSError, TypeError, KeyError, AttributeError):
            file = read_file(folder, CONFLICTS_FILE)
            content = file.content[:_MAX_LIST_BYTES] if file else b""
            found = read_yaml(content).value
            return [
                _Entry(str(one["path"]), str(one["sha256"]), str(one.get("other_path", "")))
                for one in found["conflicts"] or ()
            ]
    return []


def _find_added_to_git(folder: Path, paths: Collection[str]) -> set[str]:
    """Return the paths that git tracks as merged; none outside a repository."""
    try:
        listed = run_git(["ls-files", "-s", "-z", "--", *paths], folder=folder).output
    except GitError:
        return set()
    entries = [line.split(b"\t", 1) for line in filter(None, listed.split(b"\0"))]
    return {path.decode(errors="surrogateescape") for head, path in entries if head[-1:] == b"0"}
