"""What the system gives to a process and may take away: its streams, its folder, its disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from newft.errors import RefusedError
from newft.text import Text

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
            Text("the current folder is no longer there", "当前文件夹已不存在"),
            hint=Text("change to another folder", "请切换到别的文件夹"),
        )
    reason = (error.strerror or str(error)).lower()
    return RefusedError(
        Text(f"the system refuses: {reason}", f"系统拒绝了该操作：{reason}"),
        where=None if error.filename is None else os.fsdecode(error.filename),
        hint=Text(
            "check the path, its permissions and the room on its disk",
            "请检查路径、权限和磁盘剩余空间",
        ),
    )


def _folder_is_gone() -> bool:
    try:
        Path.cwd()
    except OSError:
        return True
    return False
