"""Merge a new render into a project as it lies on the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from newft.project.file_state import find_obstacle, find_status
from newft.project.project_files import ProjectTree, read_project_tree
from newft.project.tree_merge import merge_trees
from newft.schema.tree import FileTree, TreeMerge
from newft.text import Text

_LEFT = Text(
    "the kit's template leaves this file to the project (_skip_if_exists)",
    "套件模板把这个文件交给项目自行维护（_skip_if_exists）",
)


class ProjectMerge(NamedTuple):
    """The files of a project as they were read, and what a merge does to them."""

    project: ProjectTree
    merge: TreeMerge


def merge_into_project(
    folder: Path, base: FileTree, theirs: FileTree, *, given_files: Collection[str] = ()
) -> ProjectMerge:
    """Merge the changes from the snapshot to the new render into a project; nothing is written.

    Of `given_files`, those that the project has are left as they are.

    A file may move to a path that neither of the two has. Where something that was not read lies
    there, such as a file that git ignores, it is read too and the merge is made again.
    """
    paths = {*base, *theirs}
    left = {path: _LEFT for path in given_files if find_status(folder / path) is not None}
    while True:
        project = read_project_tree(folder, paths)
        merge = merge_trees(base, project.tree, theirs, {**left, **project.skipped})
        unread = set(_list_unread(folder, project, merge)) - paths
        if not unread:
            return ProjectMerge(project, merge)
        paths |= unread


def _list_unread(folder: Path, project: ProjectTree, merge: TreeMerge) -> Iterator[str]:
    for change in merge.changes:
        is_new = change.after is not None and change.path not in project.tree
        if is_new and find_obstacle(folder, change.path) is not None:
            yield change.path
