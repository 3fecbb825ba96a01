"""How far a long piece of work is, and how long it still takes."""

from __future__ import annotations

import math
import sys
import time

from wcwidth import ljust

from .messages import fill
from .output import say

INTERVAL_SECONDS = 15.0  # between two lines where there is no terminal


class ProgressLine:
    """One line that changes on a terminal, and a line now and then elsewhere."""

    def __init__(self, phase: str, rows: int) -> None:
        self.phase, self.rows = phase, rows
        self.shown_at = -math.inf
        self.at_terminal = sys.stdout.isatty()

    def show(self, done: int, seconds_left: float) -> None:
        """Show the number of rows that are done, and the time until the end."""
        text = fill(
            "  {phase}: {done:,} of {rows:,} rows, {left} left",
            phase=self.phase,
            done=done,
            rows=self.rows,
            left=format_duration(seconds_left),
        )
        now = time.monotonic()
        if self.at_terminal:
            print("\r" + ljust(text, 78), end="", flush=True)
        elif now - self.shown_at >= INTERVAL_SECONDS or done == self.rows:
            say(text)
            self.shown_at = now

    def end(self) -> None:
        """Leave the line, so that what follows starts a line of its own."""
        if self.at_terminal:
            print()


def format_duration(seconds: float) -> str:
    """A duration for people: 48 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return fill("{seconds} s", seconds=whole)
    if whole < 3600:
        return fill("{minutes} min {seconds:02} s", minutes=whole // 60, seconds=whole % 60)
    return fill("{hours} h {minutes:02} min", hours=whole // 3600, minutes=whole % 3600 // 60)
