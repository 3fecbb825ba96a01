"""Decide what an update does to each path: the merge of git, and our rules where git has none.

- A file that the team has deleted stays deleted. Where the new render changes it, that is said.
- A file that only the new render deletes, but that the team has edited, stays.
- A file without lines, such as an image, that both sides changed keeps the bytes of the team; the
  version of the new render is written beside it.
- A file of the team where the new render needs a folder is moved beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from newft.errors import ProjectError
from newft.project.conflict_markers import label_conflicts
from newft.project.git_merge import PROJECT_BRANCH, RENDER_BRANCH, GitMerge, merge_with_git
from newft.project.line_ends import adopt_line_ends, restore_line_ends
from newft.schema.tree import Change, ChangeKind, Conflict, FileTree, TreeFile, TreeMerge
from newft.text import Text

PROJECT_SUFFIX = f".{PROJECT_BRANCH}"  # of a file of the team that had to make room
RENDER_SUFFIX = f".{RENDER_BRANCH}"  # of a file of the new render beside the team's
_SNAPSHOT, _PROJECT, _RENDER = 1, 2, 3  # stages of git's index
_ONLY_DELETED = {_SNAPSHOT, _RENDER}  # the team has deleted the file
_ONLY_EDITED = {_SNAPSHOT, _PROJECT}  # the new render no longer has the file
_Versions: TypeAlias = dict[int, TreeFile]  # by stage


@dataclass
class _Outcome:
    """What the rules work on: the merged files, and what is said about paths."""

    ours: FileTree
    files: dict[str, TreeFile]
    moves: dict[str, str]
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    kept_deleted: dict[str, str | None] = field(default_factory=dict)
    kept_edited: set[str] = field(default_factory=set)

    def add_conflict(
        self, path: str, stages: Mapping[int, TreeFile], lines: tuple[tuple[int, int], ...] = ()
    ) -> None:
        self.conflicts[path] = Conflict(path, lines, dict(sorted(stages.items())))

    def put_beside(self, path: str, file: TreeFile, suffix: str = RENDER_SUFFIX) -> str:
        """Add a file under a free name that begins with `path`, and return the name."""
        name = free = f"{path}{suffix}"
        number = 2
        while free in self.files or free in self.ours:
            free = f"{name}.{number}"
            number += 1
        self.files[free] = file
        return free


def merge_trees(
    base: FileTree, ours: FileTree, theirs: FileTree, skipped: Collection[str] = ()
) -> TreeMerge:
    """Merge the changes from the snapshot to the new render into the project.

    `ours` also has files that neither the snapshot nor the new render knows. `skipped` are paths
    of the project that cannot be read or written: nothing happens to them, and a change of the
    new render there is listed as skipped.

    Raises:
        ProjectError: a tree has a path that no project can have.
        GitError: git is missing or too old.
    """
    for tree in (base, ours, theirs):
        _refuse_impossible_paths(tree)
    # a path that was not read counts as unedited, so that a file which moves there is recognized
    unread = {path: base[path] for path in skipped if path in base}
    read, line_ends = adopt_line_ends(base, {**ours, **unread}, theirs)
    merge = merge_with_git(base, read, theirs)
    outcome = _Outcome(read, merge.files, merge.moves)
    stages = {path: dict(versions) for path, versions in merge.stages.items()}
    _settle_changed_types(outcome, stages, merge.moved_away)
    _leave_deleted(outcome, stages, merge)
    _settle_moved_away(outcome, stages, merge.moved_away)
    _settle_double_renames(outcome, stages, merge, theirs)
    for path, versions in stages.items():
        _settle_versions(outcome, path, versions)
    _separate_equal_names(outcome)
    _leave_skipped(outcome, skipped)
    skips = [
        Change(path, "skipped", None, None)
        for path in skipped
        if base.get(path) != theirs.get(path)
    ]
    settled = TreeMerge(
        changes=tuple(sorted([*_list_changes(outcome, base), *skips], key=lambda one: one[:2])),
        conflicts=tuple(outcome.conflicts[path] for path in sorted(outcome.conflicts)),
    )
    return restore_line_ends(settled, line_ends)


def _refuse_impossible_paths(tree: FileTree) -> None:
    """Refuse paths that lead out of a project or into a repository, and files inside files."""
    for path in tree:
        parts = path.split("/")
        parents = ("/".join(parts[:count]) for count in range(1, len(parts)))
        if (
            any(part.lower() in ("", ".", "..", ".git") for part in parts)
            or any(parent in tree for parent in parents)
            or any(character == "\0" or _is_surrogate(character) for character in path)
        ):
            raise ProjectError(
                Text("no project can have a file at this path", "项目中不能有这个路径的文件"),
                where=path,
            )


def _is_surrogate(character: str) -> bool:
    """Return whether a character stands for a byte of a name that is not UTF-8."""
    return "\ud800" <= character <= "\udfff"


def _settle_changed_types(
    outcome: _Outcome, stages: dict[str, _Versions], moved_away: Mapping[str, str]
) -> None:
    """Bring a file and a link of one path together again, as versions of that path."""
    for path, original in moved_away.items():
        if original in outcome.files and path in outcome.files:
            stages[original] = stages.get(original, {}) | stages.pop(path, {})
            del outcome.files[path]
            outcome.moves.pop(path, None)
            outcome.files[original] = stages[original].get(_PROJECT, outcome.files[original])


def _leave_deleted(outcome: _Outcome, stages: dict[str, _Versions], merge: GitMerge) -> None:
    """Keep what the team has deleted deleted, although the new render changes it."""
    for path in [path for path, versions in stages.items() if versions.keys() == _ONLY_DELETED]:
        del stages[path]
        outcome.files.pop(path, None)
        name = merge.moved_away.get(path, path)
        outcome.kept_deleted[name] = merge.deleted_renames.get(path)


def _settle_moved_away(
    outcome: _Outcome, stages: dict[str, _Versions], moved_away: Mapping[str, str]
) -> None:
    """Give the files that make room for a folder names of ours; some need not move any more."""
    for path in sorted(moved_away.keys() & outcome.files.keys()):
        original = moved_away[path]
        file = outcome.files.pop(path)
        versions = stages.pop(path, {})
        outcome.moves.pop(path, None)
        if not any(other.startswith(f"{original}/") for other in outcome.files):
            outcome.files[original] = file
            if len(versions) > 1:
                stages[original] = versions
            continue
        is_project = path.removeprefix(f"{original}~").startswith(PROJECT_BRANCH)
        name = outcome.put_beside(original, file, PROJECT_SUFFIX if is_project else RENDER_SUFFIX)
        stages[name] = versions or {_PROJECT if is_project else _RENDER: file}
        if is_project and original in outcome.ours:
            outcome.moves[name] = original


def _settle_double_renames(
    outcome: _Outcome, stages: dict[str, _Versions], merge: GitMerge, theirs: FileTree
) -> None:
    """List a file that both sides renamed as one conflict, under the name that the team gave it.

    Both names stay, with all changes in both files; of files without lines, each has its own.
    """
    for old, project_path, render_path in merge.double_renames:
        merged = outcome.files.get(project_path)
        if merged is None or render_path not in theirs:
            continue
        ours, new = outcome.ours.get(project_path, merged), theirs[render_path]
        versions = stages.pop(old, {}) | {_PROJECT: ours, _RENDER: new}
        for path in (project_path, render_path):
            stages.pop(path, None)
        if merged == ours and new != versions.get(_SNAPSHOT):
            outcome.files[render_path] = new
        for path in (project_path, render_path):
            content, lines = label_conflicts(outcome.files[path].content)
            outcome.files[path] = outcome.files[path]._replace(content=content)
            outcome.add_conflict(path, versions if path == project_path else {_RENDER: new}, lines)


def _settle_versions(outcome: _Outcome, path: str, versions: _Versions) -> None:
    """Settle a path on which both sides disagree."""
    file = outcome.files.get(path)
    if file is None:
        return
    content, lines = label_conflicts(file.content)
    if lines:
        outcome.files[path] = file._replace(content=content)
    elif versions.keys() == _ONLY_EDITED:
        outcome.kept_edited.add(path)
    elif versions.keys() >= {_PROJECT, _RENDER} and file == versions[_PROJECT]:
        if file.content == versions[_RENDER].content and _is_same_type(file, versions[_RENDER]):
            return  # the two differ in the executable bit alone
        outcome.put_beside(path, versions[_RENDER])
    outcome.add_conflict(path, versions, lines)


def _is_same_type(one: TreeFile, other: TreeFile) -> bool:
    return (one.mode == "120000") == (other.mode == "120000")


def _separate_equal_names(outcome: _Outcome) -> None:
    """Rename a new file if its name differs from another in case alone.

    Windows and macOS would take the two for one file.
    """
    names: dict[str, list[str]] = {}
    for path in outcome.files:
        names.setdefault(_fold_path(path), []).append(path)
    for path in sorted(outcome.files.keys() - outcome.ours.keys()):
        if any(other in outcome.ours for other in names[_fold_path(path)]):
            file = outcome.files.pop(path)
            name = outcome.put_beside(path, file)
            outcome.conflicts.pop(path, None)
            outcome.add_conflict(name, {_RENDER: file})
            if path in outcome.moves:
                outcome.moves[name] = outcome.moves.pop(path)


def _fold_path(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _leave_skipped(outcome: _Outcome, skipped: Collection[str]) -> None:
    """Take back what the merge does to paths that cannot be written."""
    for path in skipped:
        outcome.conflicts.pop(path, None)
        outcome.kept_deleted.pop(path, None)
        old = outcome.moves.pop(path, path)
        for one in {path, old}:
            outcome.files.pop(one, None)
            if one in outcome.ours:
                outcome.files[one] = outcome.ours[one]
    outcome.moves = {new: old for new, old in outcome.moves.items() if old not in skipped}


def _list_changes(outcome: _Outcome, base: FileTree) -> Iterator[Change]:
    """Yield what the merge does to the project, and what it leaves alone but has to say."""
    ours, files = outcome.ours, outcome.files
    moves = {
        new: old
        for new, old in outcome.moves.items()
        if new in files and new not in ours and old in ours and old not in files
    }
    for path in ours.keys() | files.keys():
        before, after = ours.get(path), files.get(path)
        if path in moves.values() or (before == after and path not in outcome.conflicts):
            continue
        kind = _classify(path, outcome, base)
        if path in moves:
            moved = "moved" if kind == "added" else kind
            yield Change(path, moved, ours[moves[path]], after, moves[path])
        else:
            yield Change(path, kind, before, after)
    for path, old in outcome.kept_deleted.items():
        yield Change(path, "kept_deleted", None, None, old)


def _classify(path: str, outcome: _Outcome, base: FileTree) -> ChangeKind:
    before, after = outcome.ours.get(path), outcome.files.get(path)
    if path in outcome.conflicts:
        return "kept_edited" if path in outcome.kept_edited and before == after else "conflict"
    if after is None:
        return "removed"
    if before is None:
        return "added"
    return "updated" if before == base.get(path) else "merged"
