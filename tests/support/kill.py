"""Run work in a forked process that is killed before one of its file operations."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

OPERATIONS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod"}


def run_in_child(work: Callable[[], object]) -> int:
    """The wait status of a forked process that does the work."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def kill_at(step: int, work: Callable[[], object]) -> bool:
    """Whether the work was killed before its operation number `step`; else it came to its end.

    An operation creates, renames, removes or synchronizes a file or a folder.
    """

    def work_until_killed() -> None:
        left = step

        def count(*_: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def count_event(event: str, arguments: tuple[object, ...]) -> None:
            creates = (
                event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            )
            if event in OPERATIONS or creates:
                count()

        original = os.fsync

        def count_sync(descriptor: int) -> None:
            count()
            original(descriptor)

        os.fsync = count_sync
        sys.addaudithook(count_event)
        work()

    status = run_in_child(work_until_killed)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)
