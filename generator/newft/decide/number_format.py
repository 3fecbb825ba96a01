"""Numbers as a person reads them."""

from __future__ import annotations

from math import ceil


def format_upper_bound(value: float) -> str:
    """A bound as a reader wants it, never below what it is."""
    return f"{ceil(value):,}" if value >= 10 else f"{ceil(value * 10) / 10:.1f}"


def format_number(value: float | None) -> str:
    """A number as a reader wants it: 16, 1.5 or 0.04, with no more digits than it is worth."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
