"""Write a rendered tree into its place, so that every interruption leaves all of it or none of it.

A new folder is written beside its place and moved there by one rename. Into a folder that exists,
the files go by way of a staging folder inside it, where a journal says how far the move has come:

    made-by-newft   lock file; also marks the folder as newft's, since others are never touched
    tree/           the files that have not been moved yet
    journal         all files are staged and on disk: an interrupted move is completed
    undo            a file could not be moved: the files that were moved are taken back
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from newft.errors import ProjectError
from newft.os_errors import describe_os_error
from newft.text import Text

STAGING_DIR = ".newft-apply"
STAGING_MARKER = "made-by-newft"  # the first file in a staging folder, and the last to be removed
MAX_OBSTACLES_LISTED = 10
Recovery = Literal["nothing to do", "finished", "undone"]


def write_project(tree: Path, folder: Path) -> tuple[str, ...]:
    """Write all of `tree` or nothing, and return the sorted paths; an error lists what collides."""
    folder = _resolve_folder(folder)
    if recover_interrupted(folder) == "finished":
        message = Text(
            "an interrupted run of newft was completed just now: its project is here",
            "上次中断的生成刚刚补完，项目就在这里",
        )
        hint = Text("look at it, or choose another path", "请先查看，或换一个路径")
        raise ProjectError(message, where=str(folder), hint=hint)
    paths = list_planned_paths(tree, folder)
    try:
        if folder.is_dir():
            _write_into_existing(tree, folder, list(paths))
        else:
            _write_new_folder(tree, folder, list(paths))
    except OSError as error:
        raise _make_write_error(folder, error) from error
    return paths


def list_planned_paths(tree: Path, folder: Path) -> tuple[str, ...]:
    """The paths that `write_project` would write; it raises the same errors."""
    folder = _resolve_folder(folder)
    paths = _list_files(tree)
    try:
        _refuse_foreign_folder(
            folder / STAGING_DIR
            if folder.is_dir()
            else _staging_path(_find_highest_missing(folder))
        )
        _refuse_collisions(folder, paths)
    except OSError as error:
        raise _make_write_error(folder, error) from error
    return tuple(paths)


def recover_interrupted(folder: Path) -> Recovery:
    """Complete an interrupted write if all files were on disk, else undo it; return which."""
    folder = _resolve_folder(folder)
    try:
        undone = False
        for stage in filter(_is_staging_folder, _list_nearby_staging(folder)):
            with _lock_staging(stage):
                undone = undone or (stage / "tree").exists()
                _empty_staging(stage)
        if not _is_staging_folder(folder / STAGING_DIR):
            return "undone" if undone else "nothing to do"
        with _lock_staging(folder / STAGING_DIR):
            return _recover_existing(folder, folder / STAGING_DIR)
    except OSError as error:
        raise _make_write_error(folder, error) from error


def _write_new_folder(tree: Path, folder: Path, paths: list[str]) -> None:
    top = _find_highest_missing(folder)  # one rename brings it and all folders below it
    stage = _staging_path(top)
    stage.mkdir()
    with _lock_staging(stage):
        try:
            _copy_files(tree, stage / "tree" / folder.relative_to(top), paths)
            _fsync_folders(stage)
            (stage / "tree").rename(top)
        except BaseException:
            _empty_staging(stage)
            raise
        _fsync_folder(top.parent)


def _find_highest_missing(folder: Path) -> Path:
    while not folder.parent.exists():
        folder = folder.parent
    return folder


def _staging_path(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{STAGING_DIR}")


def _list_nearby_staging(folder: Path) -> list[Path]:
    places = [place for place in (folder, *folder.parents) if place.name]
    return [_staging_path(place) for place in places]


def _write_into_existing(tree: Path, folder: Path, paths: list[str]) -> None:
    stage = folder / STAGING_DIR
    stage.mkdir()
    with _lock_staging(stage):
        try:
            _copy_files(tree, stage / "tree", paths)
            _write_journal(stage, folder, paths)
            _move_in(stage, folder)
        except BaseException:
            if (stage / "journal").exists():
                (stage / "journal").rename(stage / "undo")
            _recover_existing(folder, stage)
            raise
        _empty_staging(stage)


def _recover_existing(folder: Path, stage: Path) -> Recovery:
    left = _list_files(stage) != [STAGING_MARKER]  # else only the folder had to be removed
    finish = (stage / "journal").exists()
    if finish:
        _move_in(stage, folder)
    elif (stage / "undo").exists():
        _move_back(stage, folder)
    _empty_staging(stage)
    if not left:
        return "nothing to do"
    return "finished" if finish else "undone"


def _write_journal(stage: Path, folder: Path, paths: list[str]) -> None:
    new = {
        parent.as_posix()
        for path in paths
        for parent in PurePosixPath(path).parents
        if not (folder / parent).exists()
    }
    journal = {"files": paths, "folders": sorted(new)}
    _write_file(stage / "journal.part", json.dumps(journal).encode("utf-8"))
    _fsync_folders(stage)
    _fsync_folder(folder)
    (stage / "journal.part").rename(stage / "journal")
    _fsync_folder(stage)


def _move_in(stage: Path, folder: Path) -> None:
    """Move every file that is still staged to its place."""
    waiting = _list_files(stage / "tree") if (stage / "tree").is_dir() else []
    _refuse_collisions(folder, waiting)
    for path in waiting:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (stage / "tree" / path).rename(target)
    for parent in {parent for path in waiting for parent in PurePosixPath(path).parents}:
        _fsync_folder(folder / parent)


def _move_back(stage: Path, folder: Path) -> None:
    """Move every file that has left the staging folder back into it."""
    journal = json.loads((stage / "undo").read_text(encoding="utf-8"))
    for path in map(_check_path, journal["files"]):
        staged = stage / "tree" / path
        if not staged.exists() and _find_obstacle(folder, path) == path:
            staged.parent.mkdir(parents=True, exist_ok=True)
            (folder / path).rename(staged)
    for path in sorted(map(_check_path, journal["folders"]), reverse=True):
        if _find_obstacle(folder, path) == path:
            with contextlib.suppress(OSError):  # the user has put something in it
                (folder / path).rmdir()
    _fsync_folder(folder)


def _refuse_collisions(folder: Path, paths: list[str]) -> None:
    obstacles = dict.fromkeys(found for path in paths if (found := _find_obstacle(folder, path)))
    if obstacles:
        paths_exist = "1 path exists" if len(obstacles) == 1 else f"{len(obstacles)} paths exist"
        lines = [_describe_obstacle(folder, path) for path in obstacles][:MAX_OBSTACLES_LISTED]
        listed, more = "\n".join(f"  {line}" for line in lines), len(obstacles) - len(lines)
        rest = Text(f"\n  ... {more} more", f"\n  …… 另有 {more} 个") if more else Text("", "")
        raise ProjectError(
            Text(
                f"{paths_exist} already, nothing was written:\n{listed}{rest.en}",
                f"以下 {len(obstacles)} 个路径已存在，未写入任何文件：\n{listed}{rest.zh}",
            ),
            where=str(folder),
            hint=Text("move them, or choose another folder", "请移走它们，或换一个文件夹"),
        )


def _find_obstacle(folder: Path, path: str) -> str | None:
    """The first part of a path that exists and is no real folder; None if the path is free."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        if not os.path.lexists(place):
            return None
        if place.is_symlink() or not place.is_dir():
            break
    return place.relative_to(folder).as_posix()


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
        source = tree / path
        _write_file(target, source.read_bytes(), executable=bool(source.stat().st_mode & 0o100))


def _write_file(path: Path, content: bytes, *, executable: bool = False) -> None:
    mode = 0o777 if executable else 0o666  # less what the user's umask takes away
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _fsync_folders(top: Path) -> None:
    for root, _, _ in os.walk(top):
        _fsync_folder(Path(root))


def _fsync_folder(folder: Path) -> None:
    """Write the entries of a folder to disk; Windows has no call for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not every file system syncs folders
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _lock_staging(stage: Path) -> Iterator[None]:
    """Hold the lock of a staging folder, and remove the folder if the block has emptied it.

    The system releases the lock of a process that is killed, so that its work can be recovered.
    """
    from filelock import FileLock, Timeout

    marker = stage / STAGING_MARKER
    lock = FileLock(marker)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ProjectError(
            Text("another newft process is writing here", "另一个 newft 进程正在写入这里"),
            where=str(stage.parent),
            hint=Text("wait until it has finished", "请等它结束"),
        ) from error
    try:
        yield
    finally:
        if list(stage.iterdir()) == [marker]:
            try:
                marker.unlink()  # before the lock is released: nobody else can hold it then
            except PermissionError:  # Windows removes no file that is open
                lock.release()
                marker.unlink(missing_ok=True)
            stage.rmdir()
        lock.release()


def _empty_staging(stage: Path) -> None:
    """Remove all but the marker from a staging folder, the files that ask for recovery first."""
    for journal in ("journal", "undo"):
        (stage / journal).unlink(missing_ok=True)
    _fsync_folder(stage)
    for path in stage.iterdir():
        if path.name != STAGING_MARKER:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _is_staging_folder(path: Path) -> bool:
    """Whether newft made a folder: it is marked, or still empty because the marker comes next."""
    if not path.is_dir() or path.is_symlink():
        return False
    return (path / STAGING_MARKER).is_file() or not any(path.iterdir())


def _refuse_foreign_folder(stage: Path) -> None:
    """Refuse to work where something that newft did not make has the name of the staging folder."""
    if os.path.lexists(stage) and not _is_staging_folder(stage):
        raise ProjectError(
            Text(
                f"newft needs the name {stage.name} temporarily, but something else has it",
                f"newft 需要临时使用 {stage.name} 这个名字，但已有同名文件，且不是 newft 创建的",
            ),
            where=str(stage),
            hint=Text("rename it, or choose another folder", "请给它改名，或换一个文件夹"),
        )


def _check_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise ProjectError(
            Text(
                f"the journal contains `{path}`, which is outside the folder",
                f"日志中的 `{path}` 指向文件夹之外",
            ),
            where=STAGING_DIR,
            hint=Text(f"remove {STAGING_DIR}", f"请删除 {STAGING_DIR}"),
        )
    return path


def _resolve_folder(folder: Path) -> Path:
    """The folder with all links resolved; refuse a path at which something else exists."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ProjectError(
            Text("this is not a folder", "这不是文件夹"),
            where=str(folder),
            hint=Text("choose another path", "请换一个路径"),
        )
    try:
        return folder.resolve()
    except (OSError, RuntimeError) as error:
        raise ProjectError(
            Text("a link in this path cannot be resolved", "路径中的链接无法解析"),
            where=str(folder),
            hint=Text("choose another path", "请换一个路径"),
        ) from error


def _make_write_error(folder: Path, error: OSError) -> ProjectError:
    reason = describe_os_error(error)
    hint = Text(
        "nothing was written: free some space, get write permission, or choose another path",
        "未写入任何文件：请清理空间或取得写权限，或换一个路径",
    )
    message = Text(f"cannot be written: {reason.en}", f"无法写入：{reason.zh}")
    return ProjectError(message, where=str(folder), hint=hint)
