"""How many rows measure, and how many teach."""

from __future__ import annotations

from math import ceil, sqrt

from newft.decide import citations
from newft.schema.reasoned import Reasoned
from newft.text import Text

TARGET_TEST_ROWS = 140  # 120 rows are wanted; a split by hash misses its share by some 10 rows
MAX_TEST_ROWS = 2000
MAX_VALIDATION_ROWS = 500
MIN_VALIDATION_ROWS = 6  # expected; a split by hash then stays empty once in 400 times
Z_SCORE_95 = 1.96  # 95 %


def compute_wilson_half_width(rows: int, share: float = 0.5) -> float:
    """Half the width of a 95 % Wilson interval for a rate measured on so many rows."""
    spread = sqrt(share * (1 - share) / rows + Z_SCORE_95**2 / (4 * rows**2))
    return Z_SCORE_95 / (1 + Z_SCORE_95**2 / rows) * spread


def choose_test_fraction(rows: int) -> Reasoned[float]:
    """The share of rows kept for the final comparison."""
    share = min(0.25, max(0.1, TARGET_TEST_ROWS / rows))
    if rows * share > MAX_TEST_ROWS:
        share = MAX_TEST_ROWS / rows
    share = _round_fraction_up(share)
    kept = max(1, round(rows * share))
    points = 100 * compute_wilson_half_width(kept)
    why = Text(
        f"about {kept:,} of {rows:,} rows: a rate is then known to +-{points:.0f} points at worst",
        f"{rows:,} 行中约 {kept:,} 行：据此算出的比率，误差至多约 ±{points:.0f} 个百分点",
    )
    return Reasoned(share, why, citations.WILSON_INTERVAL)


def choose_validation_fraction(rows: int) -> Reasoned[float]:
    """The share of rows that chooses the checkpoint and the untouched model's prompt."""
    share = max(0.15 if rows < 400 else 0.1, MIN_VALIDATION_ROWS / rows)
    if rows * share > MAX_VALIDATION_ROWS:
        share = MAX_VALIDATION_ROWS / rows
    share = _round_fraction_up(share)
    kept = max(1, round(rows * share))
    why = Text(
        f"about {kept:,} of {rows:,} rows choose the checkpoint; they are never trained on",
        f"{rows:,} 行中约 {kept:,} 行用于挑选检查点，不参与训练",
    )
    source = citations.house_rule(
        "a tenth, more where rows are few, at most 500 since every validation costs time",
        "取十分之一，数据少时多取；每次验证都要花时间，故最多 500 行",
    )
    return Reasoned(share, why, source)


def count_training_rows(rows: int) -> int:
    """Rows that are left to train on."""
    share = 1 - choose_test_fraction(rows).value - choose_validation_fraction(rows).value
    return max(1, round(rows * share))


def _round_fraction_up(share: float) -> float:
    """The share with three digits where those say enough, never less than asked."""
    scale = 1e3 if share >= 0.01 else 1e6
    return ceil(round(share * scale, 6)) / scale
