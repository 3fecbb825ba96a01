"""Limit time, memory and the size of files of a piece of work on untrusted data."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

_HAS_LIMITS = find_spec("resource") is not None  # not on Windows
MORE_MEMORY_BYTES = 1 << 30


class LimitExceededError(Exception):
    """The work used more time or memory than it may."""


class _OutOfTime(BaseException):  # passes handlers of `Exception` in the code that is interrupted
    pass


@contextmanager
def limit_resources(seconds: float) -> Iterator[None]:
    """Raise LimitExceededError if the block needs more processor time or memory.

    The limits hold in the main thread of a POSIX system, and the one of memory on Linux; elsewhere
    the block runs without them, and Ctrl-C stops it.
    """
    try:
        with _limit_memory(), _limit_time(seconds):
            yield
    except (_OutOfTime, MemoryError) as error:
        raise LimitExceededError from error


@contextmanager
def _limit_time(seconds: float) -> Iterator[None]:
    # processor time, not the clock: a busy machine must not make the difference
    usable = (
        sys.platform != "win32"
        and hasattr(signal, "SIGVTALRM")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGVTALRM) is signal.SIG_DFL
    )
    if sys.platform == "win32" or not usable:
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfTime

    signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)


@contextmanager
def _limit_memory() -> Iterator[None]:
    if sys.platform != "linux" or not _HAS_LIMITS:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    wanted = pages * resource.getpagesize() + MORE_MEMORY_BYTES
    limits = [limit for limit in before if limit != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (min(wanted, *limits, wanted), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def limit_file_size(size: int) -> Iterator[None]:
    """Let no process that the block starts write a file of more bytes; without effect on Windows.

    A process that writes more is stopped by the system.
    """
    if sys.platform == "win32" or not _HAS_LIMITS:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = [limit for limit in before if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(size, *limits, size), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
