"""The errors of writing into a project: what stops it, at which paths, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newft.errors import ProjectError
from newft.os_errors import describe_os_error
from newft.project.staging import STAGING_DIR
from newft.text import Text, list_lines, pluralize


def make_write_error(folder: Path, error: OSError) -> ProjectError:
    """Make the error for a refusal of the system, after which the folder is as it was."""
    reason = describe_os_error(error)
    hint = Text(
        "nothing was written: free some space, get write permission, or choose another path",
        "未写入任何文件：请清理空间或取得写权限，或换一个路径",
    )
    message = Text(f"cannot be written: {reason.en}", f"无法写入：{reason.zh}")
    return ProjectError(message, where=_find_place(folder, error), hint=hint)


def make_recovery_error(folder: Path, error: OSError) -> ProjectError:
    """Make the error for a refusal of the system that leaves a transaction half done."""
    reason = describe_os_error(error)
    message = Text(
        f"an interrupted run of newft cannot be completed: {reason.en}",
        f"无法补完上次中断的 newft 运行：{reason.zh}",
    )
    hint = Text(
        f"free some space or get write permission, then run newft here again; keep {STAGING_DIR}",
        f"请清理空间或取得写权限，然后在这里重新运行 newft；请保留 {STAGING_DIR}",
    )
    return ProjectError(message, where=_find_place(folder, error), hint=hint)


def make_recovered_error(folder: Path, recovery: str) -> ProjectError:
    """Make the error for a command that found the folder half written, and repaired it first."""
    message = (
        Text(
            "an interrupted run of newft was completed just now, nothing else was done",
            "上次中断的 newft 运行刚刚补完，未做其他改动",
        )
        if recovery == "finished"
        else Text(
            "an interrupted run of newft was taken back just now, nothing else was done",
            "上次中断的 newft 运行刚刚撤回，未做其他改动",
        )
    )
    hint = Text("look at the project, then run newft again", "请查看项目，然后重新运行 newft")
    return ProjectError(message, where=str(folder), hint=hint)


def make_changed_error(folder: Path, lines: Sequence[Text]) -> ProjectError:
    """Make the error for paths that differ from what newft read before; nothing was written."""
    listed = list_lines(lines)
    message = Text(
        f"{pluralize(len(lines), 'path')} cannot be changed, nothing was written:\n{listed.en}",
        f"以下 {len(lines)} 个路径无法修改，未写入任何文件：\n{listed.zh}",
    )
    hint = Text("look at them, then run newft again", "请查看它们，然后重新运行 newft")
    return ProjectError(message, where=str(folder), hint=hint)


def make_unfinished_error(folder: Path, lines: Sequence[str]) -> ProjectError:
    """Make the error for paths that somebody changed before an interrupted run was completed."""
    paths_have = "1 path has" if len(lines) == 1 else f"{len(lines)} paths have"
    listed = list_lines(lines)
    message = Text(
        "an interrupted run of newft cannot be completed, "
        f"because {paths_have} changed since:\n{listed.en}",
        f"无法补完上次中断的 newft 运行，因为此后以下 {len(lines)} 个路径有变化：\n{listed.zh}",
    )
    hint = Text(
        "move them out of this folder and run newft here again; then bring your changes back",
        "请先把它们移出此文件夹，在这里重新运行 newft，再把你的修改放回来",
    )
    return ProjectError(message, where=str(folder), hint=hint)


def _find_place(folder: Path, error: OSError) -> str:
    """Return the path that the system refused, or the folder if that path is newft's own."""
    name = error.filename2 or error.filename
    if not isinstance(name, str) or STAGING_DIR in Path(name).parts:
        return str(folder)
    return name if Path(name).is_relative_to(folder) else str(folder)
