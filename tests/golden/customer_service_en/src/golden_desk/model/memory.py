"""The memory of the machine, how much of it this process has taken, and what to do when full."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..runtime.errors import ProjectError, is_out_of_memory

CGROUP_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # bytes, or `max`


def get_machine_memory_gb() -> float:
    """The memory of the machine, or of the container that this runs in."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or `max`
        memory = min(memory, int(CGROUP_MEMORY_LIMIT.read_text(encoding="ascii")))
    return memory / 1e9


@contextmanager
def explain_full_memory(hint: str) -> Iterator[None]:
    """Say what needs less memory where it is full."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ProjectError("there is not enough memory: {reason}", hint, reason=reason) from error


def measure_process_peak_gb() -> float:
    """The most memory that this process has taken so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, else KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
