"""Work in parts until a time budget is spent, and say meanwhile how much is left."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence

from .messages import fill
from .output import say
from .text_layout import pad

PROGRESS_INTERVAL_SECONDS = 15.0  # between two lines where there is no terminal


class Deadline:
    """The time budget of a command, counted from when this is made; None is without end."""

    def __init__(self, minutes: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = math.inf if minutes is None else minutes * 60
        self.clock = clock
        self.started = clock()

    def seconds_left(self, share: float = 1.0) -> float:
        """Until so much of the budget is spent."""
        return self.seconds * share - (self.clock() - self.started)


def process_in_batches(
    rows: int,
    batch: int,
    work: Callable[[Sequence[int]], None],
    *,
    deadline: Deadline,
    share: float = 1.0,
    least: int = 0,
) -> int:
    """Work on rows in batches until a share of the budget is spent; return how many were done.

    The first `least` rows are done whatever the time: this is said where it was too short for them.
    Each batch is timed, so a machine that is busy for a while only loses that while.
    """
    done, took, began, too_short = 0, 0.0, deadline.clock(), False
    progress = _ProgressLine(rows)
    while done < rows:
        until = min(done + batch, rows)
        if deadline.seconds_left(share) < took:
            if done >= least:
                break
            too_short, until = True, min(until, least)
        started = deadline.clock()
        work(range(done, until))
        now = deadline.clock()
        done, took = until, now - started
        within = deadline.seconds_left(share)
        wanted = rows if within > 0 else max(least, done)
        remaining = (now - began) / done * (wanted - done)
        progress.show(done, now, min(remaining, within) if within > 0 else remaining)
    progress.end()
    if too_short:
        say(
            "the time budget was too short: {rows} rows were answered nevertheless, as fewer would "
            "say little",
            rows=done,
        )
    return done


class _ProgressLine:
    """One line that changes where a person watches, and a line now and then elsewhere."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.shown_at = -math.inf
        self.watched = sys.stdout.isatty()

    def show(self, done: int, now: float, left: float) -> None:
        text = fill(
            "  {done:,} of {rows:,} rows, {left} left",
            done=done,
            rows=self.rows,
            left=format_duration(left),
        )
        if self.watched:
            print("\r" + pad(text, 60), end="", flush=True)
        elif now - self.shown_at >= PROGRESS_INTERVAL_SECONDS or done == self.rows:
            say(text)
            self.shown_at = now

    def end(self) -> None:
        if self.watched:
            print()


def format_duration(seconds: float) -> str:
    """A duration for people: 48 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return fill("{seconds} s", seconds=whole)
    if whole < 3600:
        return fill("{minutes} min {seconds:02} s", minutes=whole // 60, seconds=whole % 60)
    return fill("{hours} h {minutes:02} min", hours=whole // 3600, minutes=whole % 3600 // 60)
