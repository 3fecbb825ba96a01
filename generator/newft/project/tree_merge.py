"""Decide what an update does to each path of a project: a three-way merge of trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newft.errors import GitError, ProjectError
from newft.project.git_merge import GitMerge, merge_by_path, merge_with_git
from newft.project.line_ends import adopt_line_ends, restore_line_ends
from newft.project.merge_check import is_complete
from newft.project.merge_rules import (
    Outcome,
    leave_deleted,
    leave_skipped,
    separate_equal_names,
    settle_changed_types,
    settle_double_renames,
    settle_moved_away,
    settle_versions,
)
from newft.project.renamed_files import find_unrelated_files
from newft.schema.tree import Change, ChangeKind, FileTree, TreeMerge
from newft.text import Text


def merge_trees(
    base: FileTree,
    ours: FileTree,
    theirs: FileTree,
    skipped: Mapping[str, Text] | None = None,
) -> TreeMerge:
    """Merge the changes from the snapshot to the new render into the project.

    `ours` also has files that neither the snapshot nor the new render knows. `skipped` are paths
    of the project that cannot be read or written, and why: nothing happens to them, and a change
    of the new render there is listed as skipped.

    Raises:
        ProjectError: a tree has a path that no project can have.
        GitError: git is missing or too old.
    """
    for tree in (base, ours, theirs):
        _refuse_impossible_paths(tree)
    # a path that was not read counts as unedited, so that a file which moves there is recognized
    skipped = skipped or {}
    unread = {path: base[path] for path in skipped if path in base}
    read, line_ends = adopt_line_ends(base, {**ours, **unread}, theirs)
    outcome = _settle_merge(base, read, theirs)
    leave_skipped(outcome, skipped)
    skips = [
        Change(path, "skipped", None, None, why=why)
        for path, why in skipped.items()
        if base.get(path) != theirs.get(path)
    ]
    settled = TreeMerge(
        changes=tuple(sorted([*_list_changes(outcome, base), *skips], key=lambda one: one[:2])),
        conflicts=tuple(outcome.conflicts[path] for path in sorted(outcome.conflicts)),
    )
    return restore_line_ends(settled, line_ends)


def _settle_merge(base: FileTree, ours: FileTree, theirs: FileTree) -> Outcome:
    """Merge with as much knowledge of renames as git can be trusted with on these trees."""
    unrelated = find_unrelated_files(base, ours, theirs)
    for folder_renames in (True, False):
        try:
            merge = merge_with_git(
                base, ours, theirs, folder_renames=folder_renames, unrelated=unrelated
            )
        except GitError:  # some renames stop git before 2.51; without git the last try says so
            continue
        outcome = _apply_rules(ours, theirs, merge)
        if is_complete(base, ours, theirs, outcome.files, outcome.kept_deleted):
            return outcome
    return _apply_rules(ours, theirs, merge_by_path(base, ours, theirs))


def _apply_rules(ours: FileTree, theirs: FileTree, merge: GitMerge) -> Outcome:
    outcome = Outcome(ours, merge.files, merge.moves)
    stages = {path: dict(versions) for path, versions in merge.stages.items()}
    settle_changed_types(outcome, stages, merge.moved_away)
    leave_deleted(outcome, stages, merge)
    settle_moved_away(outcome, stages, merge.moved_away)
    settle_double_renames(outcome, stages, merge, theirs)
    for path, versions in stages.items():
        settle_versions(outcome, path, versions)
    separate_equal_names(outcome)
    return outcome


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


def _list_changes(outcome: Outcome, base: FileTree) -> Iterator[Change]:
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


def _classify(path: str, outcome: Outcome, base: FileTree) -> ChangeKind:
    before, after = outcome.ours.get(path), outcome.files.get(path)
    if path in outcome.conflicts:
        return "kept_edited" if path in outcome.kept_edited and before == after else "conflict"
    if after is None:
        return "removed"
    if before is None:
        return "added"
    return "updated" if before == base.get(path) else "merged"
