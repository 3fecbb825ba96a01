"""What the system gives to a process and may take away: its streams, its folder, its disk."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TextIO

from newft.errors import RefusedError
from newft.text import Text

# By number; the C library knows only English unless the locale's language pack is installed.
REASONS_ZH = {
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
STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by number


def open_closed_streams() -> None:
    """Open the null device for each standard stream that the caller has closed.

    Otherwise the next file that is opened would get the number of that stream, and be written to.
    """
    for number, (name, mode) in enumerate(STREAMS):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def flush(stream: TextIO) -> OSError | None:
    """Write out what is buffered; where that is not possible, drop it, and say why."""
    try:
        stream.flush()
    except OSError as error:
        drop(stream)
        return error
    return None


def drop(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere: its reader has left, or its disk is full."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def explain(error: OSError) -> RefusedError:
    """The error for a person: what the system refused, where, and what to do."""
    if error.filename is None and _folder_is_gone():
        return RefusedError(
            Text("the current folder no longer exists", "当前文件夹已不存在"),
            hint=Text("change to another folder", "请切换到别的文件夹"),
        )
    reason = describe(error)
    return RefusedError(
        Text(f"the operating system refused: {reason.en}", f"系统拒绝了该操作：{reason.zh}"),
        where=None if error.filename is None else os.fsdecode(error.filename),
        hint=Text(
            "check the path, its permissions and the free space on its disk",
            "请检查路径、权限和磁盘剩余空间",
        ),
    )


def describe(error: OSError) -> Text:
    """The reason that the system gives; in Chinese too, where it is a frequent one."""
    reason = (error.strerror or str(error)).lower()
    return Text(reason, REASONS_ZH.get(error.errno or 0, f"“{reason}”"))


def _folder_is_gone() -> bool:
    try:
        Path.cwd()
    except OSError:
        return True
    return False
