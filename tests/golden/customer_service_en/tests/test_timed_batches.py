"""As many rows as the time allows, whatever the machine does meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_desk.config import Config
from golden_desk.evaluation import timed_batches
from golden_desk.evaluation.timed_batches import (
    PREDICTION,
    BatchRunner,
)
from golden_desk.runtime.messages import fill
from golden_desk.runtime.progress_line import format_duration

BATCH = 4


class Work:
    """Answers rows, each in as many seconds as the test says."""

    def __init__(self, config: Config, seconds: Sequence[float]) -> None:
        self.config = config
        self.seconds = seconds
        self.now = 50.0
        self.rows: list[int] = []

    def __call__(self, rows: Sequence[int]) -> None:
        self.rows += rows
        self.now += sum(self.seconds[row] for row in rows)

    def run(self, budget: float | None) -> int:
        """Work within a budget in seconds; None is without end."""
        update = {"time_budget_minutes": budget and budget / 60, "batch_size": BATCH}
        settings = self.config.evaluation.model_copy(update=update)
        runner = BatchRunner(settings, clock=lambda: self.now)
        return runner.run(len(self.seconds), self, phase=PREDICTION)


@pytest.fixture(autouse=True)
def whole_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_batches, "PHASE_END_FRACTIONS", {PREDICTION: 1.0})
    monkeypatch.setattr(timed_batches, "MIN_ROWS", 0)


def test_a_machine_that_is_busy_at_first_answers_what_fits_later(
    config: Config,
) -> None:
    # one row in 5 s at first: ten would have been planned for 60 s
    work = Work(config, [5.0] * 8 + [0.1] * 132)
    assert work.run(60) == 140


def test_without_a_budget_all_rows_are_answered(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Work(config, [1_000.0] * 9)
    assert work.run(None) == 9
    last = fill(
        "  {phase}: {done:,} of {rows:,} rows, {left} left",
        phase=PREDICTION,
        done=9,
        rows=9,
        left=format_duration(0),
    )
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_the_fewest_rows_are_answered_and_said_where_the_time_is_too_short(
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(timed_batches, "MIN_ROWS", 10)
    work = Work(config, [10.0] * 40)
    assert work.run(30) == 10
    assert len(capsys.readouterr().out.splitlines()) >= 2
    assert Work(config, [1.0] * 40).run(60) == 40


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=80), st.floats(1, 300))
def test_a_batch_that_is_slower_than_the_one_before_is_all_that_passes_the_budget(
    run_yaml: Config, seconds: list[float], budget: float
) -> None:
    work = Work(run_yaml, seconds)
    done = work.run(budget)
    assert work.rows == list(range(done))
    last = sum(seconds[max(0, done - BATCH) : done])
    assert work.now - 50 <= budget + last
    assert done == len(seconds) or done % BATCH == 0
