"""Rows in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..config import EvaluationConfig
from ..runtime.messages import fill
from ..runtime.progress_line import ProgressLine

PROMPT_CHOICE = fill("choosing the prompt")
PREDICTION = fill("predicting test rows")


class BatchRunner:
    """Runs work on batches of rows, and shows how long it still takes."""

    def __init__(self, settings: EvaluationConfig) -> None:
        self.batch = settings.batch_size

    def run(self, rows: int, work: Callable[[Sequence[int]], None], *, phase: str) -> int:
        """Work on all rows; the number of rows done."""
        began, progress = time.monotonic(), ProgressLine(phase, rows)
        for start in range(0, rows, self.batch):
            done = min(start + self.batch, rows)
            work(range(start, done))
            progress.show(done, (time.monotonic() - began) / done * (rows - done))
        progress.end()
        return rows
