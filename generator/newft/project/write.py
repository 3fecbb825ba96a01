"""Write a project: a rendered tree into its place, or the changes of an update.

A new folder is written beside its place and moved there by one rename. Into a folder that exists
the files go in one transaction (`transaction.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from newft.errors import ProjectError
from newft.project.durable_files import copy_file, sync_folder, sync_tree
from newft.project.file_state import find_obstacle, resolve_folder
from newft.project.interrupted_writes import Recovery, recover_transaction
from newft.project.snapshot import METADATA_DIR
from newft.project.staging import (
    STAGING_DIR,
    empty_staging,
    is_staging_folder,
    lock_staging,
    make_staging_folder,
    refuse_foreign_folder,
)
from newft.project.transaction import FileChange, run_transaction
from newft.project.undo import find_kept_record, list_undo_changes
from newft.project.write_errors import make_recovered_error, make_write_error
from newft.text import Text, list_lines


def write_project(tree: Path, folder: Path) -> tuple[str, ...]:
    """Write all of `tree` or nothing, and return the sorted paths; an error lists what collides."""
    folder = resolve_folder(folder)
    if recover_interrupted(folder) == "finished":
        message = Text(
            "an interrupted run of newft was completed just now: its project is here",
            "上次中断的生成刚刚补完，项目就在这里",
        )
        hint = Text("look at it, or choose another path", "请先查看，或换一个路径")
        raise ProjectError(message, where=str(folder), hint=hint)
    paths = list_planned_paths(tree, folder)
    if folder.is_dir():
        run_transaction(folder, [FileChange(path, None, tree / path) for path in paths])
        return paths
    try:
        _write_new_folder(tree, folder, list(paths))
    except OSError as error:
        raise make_write_error(folder, error) from error
    return paths


def apply_changes(
    folder: Path,
    changes: Sequence[FileChange],
    *,
    keep_undo: bool,
    index_entries: bytes = b"",
) -> None:
    """Make all changes of a project or none; an error says which path is not as expected.

    With `keep_undo` the old content of every path is kept for `undo_last_update`, and with it
    `index_entries`: the former entries of the index of git, which the record hands back unread.
    """
    folder = resolve_folder(folder)
    if (recovery := recover_interrupted(folder)) == "finished":
        raise make_recovered_error(folder, recovery)
    changes = [change for change in _join_changes(changes) if change.before != change.after]
    if not changes:
        return  # the record of the last update stays
    if keep_undo:
        last = find_kept_record(folder, changes)
        changes += list_undo_changes(folder, changes, index_entries, last=last)
    run_transaction(folder, changes)


def list_planned_paths(tree: Path, folder: Path) -> tuple[str, ...]:
    """The paths that `write_project` would write; it raises the same errors."""
    folder = resolve_folder(folder)
    paths = _list_files(tree)
    try:
        refuse_foreign_folder(
            folder / STAGING_DIR
            if folder.is_dir()
            else _staging_path(_find_highest_missing(folder))
        )
        _refuse_collisions(folder, paths)
    except OSError as error:
        raise make_write_error(folder, error) from error
    return tuple(paths)


def recover_interrupted(folder: Path) -> Recovery:
    """Complete an interrupted write if all files were on disk, else undo it; return which."""
    folder = resolve_folder(folder)
    undone = False
    try:
        for stage in filter(is_staging_folder, _list_nearby_staging(folder)):
            with lock_staging(stage):
                undone = undone or (stage / "tree").exists()
                empty_staging(stage)
    except OSError as error:
        raise make_write_error(folder, error) from error
    recovery = recover_transaction(folder)
    return "undone" if undone and recovery == "nothing to do" else recovery


def _join_changes(changes: Sequence[FileChange]) -> list[FileChange]:
    """Join two changes of one path: a file moves away while another takes its place."""
    joined: dict[str, FileChange] = {}
    for change in changes:
        other = joined.get(change.path, FileChange(change.path, None, None))
        before, after = change.before or other.before, change.after or other.after
        joined[change.path] = FileChange(change.path, before, after)
    return list(joined.values())


def _write_new_folder(tree: Path, folder: Path, paths: list[str]) -> None:
    top = _find_highest_missing(folder)  # one rename brings it and all folders below it
    stage = _staging_path(top)
    make_staging_folder(stage)
    with lock_staging(stage):
        try:
            _copy_files(tree, stage / "tree" / folder.relative_to(top), paths)
            sync_tree(stage)
            (stage / "tree").rename(top)
        except BaseException:
            empty_staging(stage)
            raise
        sync_folder(top.parent)


def _find_highest_missing(folder: Path) -> Path:
    while not folder.parent.exists():
        folder = folder.parent
    return folder


def _staging_path(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{STAGING_DIR}")


def _list_nearby_staging(folder: Path) -> list[Path]:
    places = [place for place in (folder, *folder.parents) if place.name]
    return [_staging_path(place) for place in places]


_PROJECT_HINT = Text(
    "this is a project of newft: use `newft update`, or choose another folder",
    "这里已有 newft 的项目：请用 `newft update`，或换一个文件夹",
)


def _refuse_collisions(folder: Path, paths: list[str]) -> None:
    obstacles = dict.fromkeys(found for path in paths if (found := find_obstacle(folder, path)))
    if obstacles:
        paths_exist = "1 path exists" if len(obstacles) == 1 else f"{len(obstacles)} paths exist"
        listed = list_lines([_describe_obstacle(folder, path) for path in obstacles])
        raise ProjectError(
            Text(
                f"{paths_exist} already, nothing was written:\n{listed.en}",
                f"以下 {len(obstacles)} 个路径已存在，未写入任何文件：\n{listed.zh}",
            ),
            where=str(folder),
            hint=_PROJECT_HINT
            if any(path.startswith(f"{METADATA_DIR}/") for path in paths if path in obstacles)
            else Text("move them, or choose another folder", "请移走它们，或换一个文件夹"),
        )


def _describe_obstacle(folder: Path, path: str) -> str:
    place = folder / path
    if place.is_symlink():
        return f"{path} -> {place.readlink()}"
    return f"{path}/" if place.is_dir() else path


def _list_files(tree: Path) -> list[str]:
    if tree.is_symlink():  # made by hand: newft makes no links
        return []
    return sorted(
        (Path(root) / name).relative_to(tree).as_posix()
        for root, _, names in os.walk(tree)
        for name in names
    )


def _copy_files(tree: Path, into: Path, paths: list[str]) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_file(tree / path, target)
