"""How many rows measure, and how many teach."""

from __future__ import annotations

from math import ceil, sqrt

from newft.decide import sources
from newft.entries import Text
from newft.model import Reasoned

TEST_AIM = 140  # 120 rows are wanted; a split by hash misses its share by some 10 rows
TEST_ROWS_ENOUGH = 2000
VALIDATION_ROWS_ENOUGH = 500
FEWEST_VALIDATION_ROWS = 6  # expected; a split by hash then stays empty once in 400 times
Z = 1.96  # 95 %


def wilson_half_width(rows: int, share: float = 0.5) -> float:
    """Half the width of a 95 % Wilson interval for a rate measured on so many rows."""
    spread = sqrt(share * (1 - share) / rows + Z**2 / (4 * rows**2))
    return Z / (1 + Z**2 / rows) * spread


def test_share(rows: int) -> Reasoned[float]:
    """The share of rows kept for the final comparison."""
    share = min(0.25, max(0.1, TEST_AIM / rows))
    if rows * share > TEST_ROWS_ENOUGH:
        share = TEST_ROWS_ENOUGH / rows
    share = _round_up(share)
    kept = max(1, round(rows * share))
    points = 100 * wilson_half_width(kept)
    why = Text(
        f"about {kept:,} of {rows:,} rows: a rate is then known to +-{points:.0f} points at worst",
        f"{rows:,} 行中约 {kept:,} 行：据此算出的比率，误差至多约 ±{points:.0f} 个百分点",
    )
    return Reasoned(share, why, sources.WILSON)


def validation_share(rows: int) -> Reasoned[float]:
    """The share of rows that chooses the checkpoint and the untouched model's prompt."""
    share = max(0.15 if rows < 400 else 0.1, FEWEST_VALIDATION_ROWS / rows)
    if rows * share > VALIDATION_ROWS_ENOUGH:
        share = VALIDATION_ROWS_ENOUGH / rows
    share = _round_up(share)
    kept = max(1, round(rows * share))
    why = Text(
        f"about {kept:,} of {rows:,} rows choose the checkpoint; they are never trained on",
        f"{rows:,} 行中约 {kept:,} 行用于挑选检查点，不参与训练",
    )
    source = sources.rule(
        "a tenth, more where rows are few, at most 500 since every validation costs time",
        "取十分之一，数据少时多取；每次验证都要花时间，故最多 500 行",
    )
    return Reasoned(share, why, source)


def training_rows(rows: int) -> int:
    """Rows that are left to train on."""
    share = 1 - test_share(rows).value - validation_share(rows).value
    return max(1, round(rows * share))


def _round_up(share: float) -> float:
    """The share with three digits where those say enough, never less than asked."""
    scale = 1e3 if share >= 0.01 else 1e6
    return ceil(round(share * scale, 6)) / scale
