"""Format numbers for messages and comments."""

from __future__ import annotations

from math import ceil


def format_upper_bound(value: float) -> str:
    """Format an upper bound, rounded up."""
    return f"{ceil(value):,}" if value >= 10 else f"{ceil(value * 10) / 10:.1f}"


def round_peak(gb: float) -> float:
    """Round an estimated peak up to a tenth of a GB, as everywhere in one plan."""
    return ceil(gb * 10 - 1e-6) / 10


def format_peak(gb: float) -> str:
    """Format an estimated peak of the planned step, as the plan has it: 16.1."""
    return f"{round_peak(gb):,.1f}"


def format_number(value: float | None) -> str:
    """Format with two significant digits below 10 and none after the point above: 16, 1.5, 0.04."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
