"""How many rows are held out: a number that the profile of the data and the recipe share."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

TARGET_TEST_ROWS = 140  # 120 test rows, and a margin: a split by hash deviates by about 10 rows
MAX_TEST_ROWS = 2000
MAX_VALIDATION_ROWS = 500
# With this expected number, a validation split by hash is empty with a probability of 1/400.
MIN_VALIDATION_ROWS = 6


class SplitFractions(NamedTuple):
    """The shares of the rows that are held out."""

    validation_fraction: float
    test_fraction: float


def choose_split_fractions(rows: int) -> SplitFractions:
    """Choose the shares for so many rows, before near-duplicates across splits are left out."""
    validation = max(0.15 if rows < 400 else 0.1, MIN_VALIDATION_ROWS / rows)
    if rows * validation > MAX_VALIDATION_ROWS:
        validation = MAX_VALIDATION_ROWS / rows
    test = min(0.25, max(0.1, TARGET_TEST_ROWS / rows))
    if rows * test > MAX_TEST_ROWS:
        test = MAX_TEST_ROWS / rows
    return SplitFractions(_round_fraction_up(validation), _round_fraction_up(test))


def _round_fraction_up(share: float) -> float:
    """Round up to three decimals, or to six if the share is below 1 %."""
    scale = 1e3 if share >= 0.01 else 1e6
    return ceil(round(share * scale, 6)) / scale
