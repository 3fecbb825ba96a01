"""Rows in batches, until the time budget of the command is spent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from ..config import EvaluationConfig
from ..runtime.messages import fill
from ..runtime.output import say
from ..runtime.progress_line import ProgressLine

PROMPT_CHOICE = fill("choosing the prompt")
PREDICTION = fill("predicting test rows")
# The share of the time budget that is spent at the end of each phase; the rest is for intervals.
PHASE_END_FRACTIONS = {PROMPT_CHOICE: 0.25, PREDICTION: 0.9}
MIN_ROWS = 20  # of a phase, whatever the time budget: fewer would say little


class BatchRunner:
    """Runs work on batches of rows; the time budget counts from when the runner is made.

    Each batch is timed, so a machine that is busy for a while only loses that while.
    """

    def __init__(
        self, settings: EvaluationConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        minutes = settings.time_budget_minutes
        self.seconds = math.inf if minutes is None else minutes * 60
        self.batch = settings.batch_size
        self.clock = clock
        self.started = clock()

    def run(self, rows: int, work: Callable[[Sequence[int]], None], *, phase: str) -> int:
        """Work on rows until the phase has spent its share of the time; the number of rows done.

        The first `MIN_ROWS` are done in any case, and the time budget is then called too short.
        """
        end = self.started + self.seconds * PHASE_END_FRACTIONS[phase]
        done, batch_seconds, began, too_short = 0, 0.0, self.clock(), False
        progress = ProgressLine(phase, rows)
        while done < rows:
            until = min(done + self.batch, rows)
            if end - self.clock() < batch_seconds:
                if done >= MIN_ROWS:
                    break
                too_short, until = True, min(until, MIN_ROWS)
            started = self.clock()
            work(range(done, until))
            now = self.clock()
            done, batch_seconds = until, now - started
            wanted = rows if now < end else max(MIN_ROWS, done)
            remaining = (now - began) / done * (wanted - done)
            progress.show(done, min(remaining, end - now) if now < end else remaining)
        progress.end()
        if too_short:
            say(
                "the time budget was too short; {rows} rows were predicted anyway, the minimum "
                "for a meaningful result",
                rows=done,
            )
        return done
