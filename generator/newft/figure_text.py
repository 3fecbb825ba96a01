"""Figures as a person reads them: money, shares, numbers with their units."""

from __future__ import annotations

from newft.text import Language, Text

_UNITS: dict[str, Text] = {
    "hours": Text(" h", " 小时"),
    "minutes": Text(" min", " 分钟"),
    "months": Text(" months", " 个月"),
    "multiple": Text(" x", " 倍"),
    "tokens": Text(" tokens", " token"),
}
_NO_UNIT = Text("", "")


def format_share(value: float, language: Language) -> str:
    """Format a share in per cent, with at most one digit after the point."""
    number = f"{100 * value:,.1f}".removesuffix(".0")
    return f"{number}%" if language == "zh" else f"{number} %"


def format_money(value: float) -> str:
    """Format an amount; cents only where it is small."""
    rounded = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".removesuffix(".00")
    return "0" if rounded in ("-0", "-0.00") else rounded


def format_figure(value: float, unit: str, language: Language) -> str:
    """Format a figure with its unit."""
    if unit == "share":
        return format_share(value, language)
    if unit == "money":
        return format_money(value)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{number}{_UNITS.get(unit, _NO_UNIT).to(language)}"
