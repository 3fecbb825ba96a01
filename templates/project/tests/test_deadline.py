"""As many rows as the time allows, whatever the machine does meanwhile."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from package_name.runtime.deadline import (
    Deadline,
    format_duration,
    process_in_batches,
)
from package_name.runtime.messages import fill

BATCH = 4


class Work:
    """Answers rows, each in as many seconds as the test says."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = seconds
        self.now = 50.0
        self.rows: list[int] = []

    def __call__(self, rows: Sequence[int]) -> None:
        self.rows += rows
        self.now += sum(self.seconds[row] for row in rows)

    def run(self, budget: float | None, *, share: float = 1.0, least: int = 0) -> int:
        deadline = Deadline(budget and budget / 60, clock=lambda: self.now)
        return process_in_batches(
            len(self.seconds), BATCH, self, deadline=deadline, share=share, least=least
        )


def test_a_machine_that_is_busy_at_first_answers_what_fits_later() -> None:
    # one row in 5 s at first: ten would have been planned for 60 s
    work = Work([5.0] * 8 + [0.1] * 132)
    assert work.run(60) == 140


def test_without_a_budget_all_rows_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    work = Work([1_000.0] * 9)
    assert work.run(None) == 9
    last = fill("  {done:,} of {rows:,} rows, {left} left", done=9, rows=9, left=format_duration(0))
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_the_fewest_rows_are_answered_and_said_where_the_time_is_too_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = Work([10.0] * 40)
    assert work.run(30, least=10) == 10
    assert len(capsys.readouterr().out.splitlines()) >= 2
    assert Work([1.0] * 40).run(60, least=10) == 40


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=80), st.floats(1, 300), st.floats(0.1, 1))
def test_a_batch_that_is_slower_than_the_one_before_is_all_that_passes_the_budget(
    seconds: list[float], budget: float, share: float
) -> None:
    work = Work(seconds)
    done = work.run(budget, share=share)
    assert work.rows == list(range(done))
    last = sum(seconds[max(0, done - BATCH) : done])
    assert work.now - 50 <= budget * share + last
    assert done == len(seconds) or done % BATCH == 0


@pytest.mark.parametrize(
    ("seconds", "said"), [(48.2, ["48"]), (185, ["3", "05"]), (7_800, ["2", "10"])]
)
def test_a_duration_is_said_for_people(seconds: float, said: list[str]) -> None:
    assert re.findall(r"\d+", format_duration(seconds)) == said
