"""What a finished child process cost."""

from __future__ import annotations

import os
import statistics
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
    python: str | Path = sys.executable,
) -> Cost:
    """The cost of a command with all of its own children; it is run by Python and has to succeed.

    Memory is that of the command as long as this process is smaller: until it starts, the child
    is a copy of it.
    """
    process = subprocess.Popen(
        [python, *command],
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


def format_line(name: str, runs: list[Cost], own: list[Cost]) -> str:
    """The lowest, middle and highest time, the middle memory, and newft's time against it."""
    seconds = [run.seconds for run in runs]
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    peak = statistics.median(run.peak for run in runs)
    text = f"{name:<13} {low:.3f} {middle:.3f} {high:.3f} s of CPU   {peak:3.0f} MB"
    if runs is own:
        return text
    ratios = [a.seconds / b.seconds for a, b in zip(own, runs, strict=True)]
    bounds = f"[{min(ratios):.2f}, {max(ratios):.2f}]"
    return f"{text}   newft takes {statistics.median(ratios):.2f} {bounds} of it"
