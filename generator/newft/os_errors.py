"""Describe errors of the operating system in both languages."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from newft.errors import SystemRefusedError
from newft.text import Text

# By error number. The C library has English alone unless a language pack is installed.
OS_ERRORS_ZH = {
    errno.EACCES: "没有权限",
    errno.EDQUOT: "超出磁盘配额",
    errno.EEXIST: "已存在",
    errno.EFBIG: "文件过大",
    errno.EIO: "磁盘读写出错",
    errno.EISDIR: "这是文件夹",
    errno.ELOOP: "符号链接层数过多",
    errno.EMFILE: "打开的文件过多",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ENOENT: "文件或文件夹不存在",
    errno.ENOSPC: "磁盘空间不足",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EPERM: "不允许此操作",
    errno.EROFS: "文件系统只读",
}


def explain_os_error(error: OSError) -> SystemRefusedError:
    """Convert an error of the system into one with its path and a hint."""
    if error.filename is None and _is_working_folder_deleted():
        return SystemRefusedError(
            Text("the current folder no longer exists", "当前文件夹已不存在"),
            hint=Text("change to another folder", "请切换到别的文件夹"),
        )
    reason = describe_os_error(error)
    return SystemRefusedError(
        Text(f"the operating system refused: {reason.en}", f"系统拒绝了该操作：{reason.zh}"),
        where=None if error.filename is None else os.fsdecode(error.filename),
        hint=Text(
            "check the path, its permissions and the free space on its disk",
            "请检查路径、权限和磁盘剩余空间",
        ),
    )


def describe_os_error(error: OSError) -> Text:
    """Return the reason that the system gives; frequent ones are translated into Chinese."""
    reason = (error.strerror or str(error)).lower()
    return Text(reason, OS_ERRORS_ZH.get(error.errno or 0, f"“{reason}”"))


def _is_working_folder_deleted() -> bool:
    try:
        Path.cwd()
    except OSError:
        return True
    return False
