"""What a finished child process cost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds of CPU, user and system, and the highest memory, in MB."""

    seconds: float
    peak: float


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """The cost of a command, which is run with this Python and has to succeed.

    Memory is that of the command as long as this process is smaller: until it starts, the child
    is a copy of it.
    """
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(map(str, command))}: exit code {code}\n{complaint}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
