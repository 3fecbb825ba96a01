"""Whatever both sides do, no line that one side alone touched is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings

from newft.project.project_merge import merge_into_project
from newft.project.tree_merge import merge_trees
from newft.project.undo import undo_last_update
from newft.project.update import list_writes
from newft.project.write import apply_changes
from newft.schema.tree import FileTree, TreeFile, TreeMerge
from newft.system.git import run_git
from support.merge_trees import apply_merge
from support.tree_edits import draw_trees, list_lines
from support.trees import build_files, read_files

Trees = tuple[FileTree, FileTree, FileTree]
ONE_FILE = TreeFile(b"base:0\n", "100644")
# the team moves a file into a folder, whose name the new render gives to the same file
FOLDER_OF_ITS_NAME = ({"x": ONE_FILE}, {"d/x": ONE_FILE}, {"d": ONE_FILE})


@pytest.mark.slow
@settings(max_examples=40)
@given(draw_trees())
@example(FOLDER_OF_ITS_NAME)
def test_no_line_that_one_side_alone_touched_is_lost(trees: Trees) -> None:
    base, ours, theirs = trees
    merge = merge_trees(base, ours, theirs)
    after = apply_merge(ours, merge)
    check_changes(ours, merge)
    old, mine, new = (list_lines(tree.values()) for tree in trees)
    found = list_lines(after.values())
    kept_deleted = [change.path for change in merge.changes if change.kind == "kept_deleted"]
    refused = list_lines([theirs[path] for path in kept_deleted if path in theirs])
    assert mine - old <= found
    assert new - old - refused <= found
    assert (mine & new) - refused <= found
    assert found <= mine | new | (old if merge.conflicts else set())
    if not merge.conflicts:
        if ours.keys() | theirs.keys() <= base.keys():  # else git may not see that a file has moved
            assert found == (mine - old) | (new - old - refused) | (mine & new & old - refused)
        assert not merge_trees(theirs, after, theirs).changes  # the next update has nothing to do


@pytest.mark.slow
@settings(max_examples=15)
@given(draw_trees())
def test_a_repository_has_no_part_in_the_outcome(trees: Trees) -> None:
    base, ours, theirs = trees
    with TemporaryDirectory() as name:
        plain = build_files(Path(name, "plain"), dict(ours))
        tracked = build_files(Path(name, "tracked"), dict(ours))
        run_git(["init", "-q"], folder=tracked)
        run_git(["add", "-A"], folder=tracked)
        merged = merge_into_project(plain, base, theirs)
        assert merged.project.tree == ours
        assert merged.merge == merge_trees(base, ours, theirs)
        assert merge_into_project(tracked, base, theirs) == merged


@pytest.mark.slow
@settings(max_examples=20)
@given(draw_trees())
@example(FOLDER_OF_ITS_NAME)
def test_the_files_are_as_merged_and_an_undo_brings_them_back(trees: Trees) -> None:
    base, ours, theirs = trees
    with TemporaryDirectory() as name:
        project = build_files(Path(name, "project"), dict(ours))
        merge = merge_into_project(project, base, theirs).merge
        writes = [write for change in merge.changes for write in list_writes(change)]
        apply_changes(project, writes, keep_undo=True)
        assert read_project(project) == apply_merge(ours, merge)
        if any(write.before != write.after for write in writes):
            undo_last_update(project)
        assert read_project(project) == ours


def read_project(folder: Path) -> FileTree:
    files = read_files(folder)
    return {path: file for path, file in files.items() if not path.startswith(".newft/")}


def check_changes(ours: FileTree, merge: TreeMerge) -> None:
    """Each change starts from a file of the project, and no path has two of them."""
    paths = Counter(change.path for change in merge.changes)
    assert set(paths.values()) <= {1}
    sources = Counter(
        change.moved_from or change.path for change in merge.changes if change.before is not None
    )
    assert set(sources.values()) <= {1}
    for change in merge.changes:
        assert change.before == (
            None if change.kind == "kept_deleted" else ours.get(change.moved_from or change.path)
        )
    for path in apply_merge(ours, merge):
        parents = [path[:at] for at, character in enumerate(path) if character == "/"]
        assert not apply_merge(ours, merge).keys() & set(parents)
    assert {conflict.path for conflict in merge.conflicts} == {
        change.path for change in merge.changes if change.kind in ("conflict", "kept_edited")
    }
