"""Give the reasons of the validation and test fractions."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

from newft.decide import citations
from newft.schema.dataset import DataFacts
from newft.schema.reasoned import Reasoned
from newft.split_fractions import choose_split_fractions
from newft.text import Text

Z_SCORE_95 = 1.96


def compute_wilson_half_width(rows: int, share: float = 0.5) -> float:
    """Compute half the width of the 95 % Wilson interval of a proportion of this many rows."""
    spread = sqrt(share * (1 - share) / rows + Z_SCORE_95**2 / (4 * rows**2))
    return Z_SCORE_95 / (1 + Z_SCORE_95**2 / rows) * spread


def compute_wilson_interval(found: int, rows: int) -> tuple[float, float]:
    """Compute the 95 % Wilson interval of a proportion that was found in some of the rows."""
    share = found / rows
    centre = (share + Z_SCORE_95**2 / (2 * rows)) / (1 + Z_SCORE_95**2 / rows)
    half = compute_wilson_half_width(rows, share)
    return max(0.0, centre - half), min(1.0, centre + half)


def count_held_out_rows(data: DataFacts) -> tuple[int, int]:
    """Count the rows of validation and test as they were split, or as many as their shares give."""
    if data.split_rows:
        return data.split_rows.get("validation", 0), data.split_rows.get("test", 0)
    shares = choose_split_fractions(data.rows_to_split)
    return (
        round(data.rows_to_split * shares.validation_fraction),
        round(data.rows_to_split * shares.test_fraction),
    )


def explain_test_fraction(data: DataFacts) -> Reasoned[float]:
    """Explain the share of rows for the final comparison."""
    rows = data.rows_to_split
    share = choose_split_fractions(rows).test_fraction
    kept = max(1, count_held_out_rows(data)[1])
    points = 100 * compute_wilson_half_width(kept)
    why = Text(
        f"about {kept:,} of {rows:,} rows: proportions are known to within +-{points:.0f} points",
        f"{rows:,} 行中约 {kept:,} 行：算出的比例误差至多约 ±{points:.0f} 个百分点",
    )
    return Reasoned(share, why, citations.WILSON_INTERVAL)


def explain_validation_fraction(data: DataFacts) -> Reasoned[float]:
    """Explain the share of rows that select the checkpoint and the prompt of the base model."""
    rows = data.rows_to_split
    share = choose_split_fractions(rows).validation_fraction
    kept = max(1, count_held_out_rows(data)[0])
    why = Text(
        f"about {kept:,} of {rows:,} rows to select the checkpoint; they are not trained on",
        f"{rows:,} 行中约 {kept:,} 行用于选择检查点，不参与训练",
    )
    source = citations.cite_own_rule(
        "10 %, or 15 % below 400 rows; at most 500 rows, since every validation takes time",
        "取 10%，不足 400 行时取 15%；每次验证都要花时间，故最多 500 行",
    )
    return Reasoned(share, why, source)


def note_given_split(fraction: Reasoned[float], split: str, data: DataFacts) -> Reasoned[float]:
    """Replace the reason of a fraction that is not used, as the files give the split."""
    if split not in data.given_splits:
        return fraction
    rows = data.split_rows[split]
    why = Text(
        f"not used: the data files give {rows:,} {split} rows; without {split} in given_splits, "
        "this share is split off",
        f"未使用：数据文件已给出 {rows:,} 行 {split} 数据；"
        f"从 given_splits 中去掉 {split} 后才按此比例划分",
    )
    return replace(fraction, why=why)


def count_training_rows(data: DataFacts) -> int:
    """Count the rows that remain for training: near-duplicates of held-out rows leave it."""
    if data.split_rows:
        return max(1, data.split_rows["train"])
    return max(1, data.accepted - sum(count_held_out_rows(data)))
