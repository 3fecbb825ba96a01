"""Text and figures as cells of a Markdown table, in its headings and in its paragraphs."""

from __future__ import annotations

from newft.emitted.markdown_text import escape_markdown
from newft.figure_text import format_figure
from newft.project.serialize import to_one_line
from newft.schema.roi import FigureUnit, Spread
from newft.text import Language, Text, to_bilingual_text

NO_VALUE = "-"


def format_cell(text: str | Text, language: Language = "en") -> str:
    """Format a text so that a cell, a heading or a paragraph shows it as it is."""
    return escape_markdown(to_one_line(to_bilingual_text(text).to(language)))


def format_code(name: str) -> str:
    """Format a name as code; one that no code can hold in a table, as text."""
    line = to_one_line(name)
    if "`" in line:
        return "\\`".join(map(escape_markdown, line.split("`")))
    return escape_markdown(line) if "|" in line else f"`{line}`"


def format_spread(spread: Spread, unit: FigureUnit, language: Language) -> list[str]:
    """Format the low, the base and the high value of a figure."""
    return [format_figure(one, unit, language) for one in (spread.low, spread.base, spread.high)]


def format_range(ends: tuple[float, float], language: Language) -> str:
    """Format two ends: `0.5`, `1-2`; in Chinese `1–2`."""
    low, high = (f"{end:,.10g}" for end in ends)
    return low if low == high else f"{low}{'–' if language == 'zh' else '-'}{high}"


def format_months(ends: tuple[float, float], language: Language) -> str:
    """Format a duration in months."""
    unit = " 个月" if language == "zh" else " months"
    return format_range(ends, language) + unit
