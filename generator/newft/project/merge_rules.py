"""The rules for paths on which the project and the new render disagree.

- A file that the team has deleted stays deleted. Where the new render changes it, that is said.
- A file that only the new render deletes, but that the team has edited, stays.
- A file without lines, such as an image, that both sides changed keeps the bytes of the team; the
  version of the new render is written beside it.
- A file of the team where the new render needs a folder is moved beside it.
- A new file whose name differs from another in case alone is written under another name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from newft.project.conflict_markers import PROJECT_SUFFIX, RENDER_SUFFIX, label_conflicts
from newft.project.git_merge import PROJECT_BRANCH, GitMerge
from newft.schema.tree import Conflict, FileTree, TreeFile
from newft.system.safe_paths import fold_path

_SNAPSHOT, _PROJECT, _RENDER = 1, 2, 3  # stages of git's index
_ONLY_DELETED = {_SNAPSHOT, _RENDER}  # the team has deleted the file
_ONLY_EDITED = {_SNAPSHOT, _PROJECT}  # the new render no longer has the file
Versions: TypeAlias = dict[int, TreeFile]  # by stage


@dataclass
class Outcome:
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
        """Add a conflict, in place of one that the path has."""
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


def settle_changed_types(
    outcome: Outcome, stages: dict[str, Versions], moved_away: Mapping[str, str]
) -> None:
    """Bring a file and a link of one path together again, as versions of that path."""
    for path, original in moved_away.items():
        if original in outcome.files and path in outcome.files:
            stages[original] = stages.get(original, {}) | stages.pop(path, {})
            del outcome.files[path]
            outcome.moves.pop(path, None)
            outcome.files[original] = stages[original].get(_PROJECT, outcome.files[original])


def leave_deleted(outcome: Outcome, stages: dict[str, Versions], merge: GitMerge) -> None:
    """Keep what the team has deleted deleted, although the new render changes it."""
    for path in [path for path, versions in stages.items() if versions.keys() == _ONLY_DELETED]:
        del stages[path]
        outcome.files.pop(path, None)
        name = merge.moved_away.get(path, path)
        outcome.kept_deleted[name] = merge.deleted_renames.get(path)


def settle_moved_away(
    outcome: Outcome, stages: dict[str, Versions], moved_away: Mapping[str, str]
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
            # git may also take it for the old name of another file
            others = {new: old for new, old in outcome.moves.items() if old != original}
            outcome.moves = {**others, name: original}


def settle_double_renames(
    outcome: Outcome, stages: dict[str, Versions], merge: GitMerge, theirs: FileTree
) -> None:
    """List a file that both sides renamed as one conflict, under the name that the team gave it.

    Both names stay, with all changes in both files; of files without lines, each has its own.
    """
    for old, project_path, render_path in merge.double_renames:
        merged = outcome.files.get(project_path)
        if merged is None or render_path not in theirs or render_path not in outcome.files:
            continue  # a file that made room for a folder of the team has a name of ours already
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
        named = outcome.conflicts[render_path]._replace(other_path=project_path)
        outcome.conflicts[render_path] = named


def settle_versions(outcome: Outcome, path: str, versions: Versions) -> None:
    """Settle a path on which both sides disagree."""
    file = outcome.files.get(path)
    if file is None:
        return
    content, lines = label_conflicts(file.content)
    if lines:
        outcome.files[path] = file._replace(content=content)
    elif versions.keys() == _ONLY_EDITED:
        outcome.kept_edited.add(path)
    elif versions.keys() >= {_PROJECT, _RENDER} and _has_same_content(file, versions[_PROJECT]):
        if _has_same_content(file, versions[_RENDER]):
            return  # the sides differ in the executable bit alone
        outcome.put_beside(path, versions[_RENDER])
    outcome.add_conflict(path, versions, lines)


def _has_same_content(one: TreeFile, other: TreeFile) -> bool:
    """Return whether two are equal but for the executable bit."""
    return one.content == other.content and (one.mode == "120000") == (other.mode == "120000")


def separate_equal_names(outcome: Outcome) -> None:
    """Rename a new file if its name differs from another in case alone.

    Windows and macOS would take the two for one file.
    """
    names: dict[str, list[str]] = {}
    for path in outcome.files:
        names.setdefault(fold_path(path), []).append(path)
    for path in sorted(outcome.files.keys() - outcome.ours.keys()):
        if any(other in outcome.ours for other in names[fold_path(path)]):
            file = outcome.files.pop(path)
            name = outcome.put_beside(path, file)
            known = outcome.conflicts.pop(path, Conflict(path, (), {_RENDER: file}))
            outcome.add_conflict(name, known.stages, known.lines)
            if path in outcome.moves:
                outcome.moves[name] = outcome.moves.pop(path)


def leave_skipped(outcome: Outcome, skipped: Collection[str]) -> None:
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
