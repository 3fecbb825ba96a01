"""Text and figures as cells of a Markdown table."""

from __future__ import annotations

from newft.figure_text import format_figure
from newft.project.serialize import to_one_line
from newft.schema.roi import FigureUnit, Spread
from newft.text import Language, Text, to_bilingual_text

NO_VALUE = "-"


def format_cell(text: str | Text, language: Language = "en") -> str:
    """Format a text on one line so that it can neither end a cell nor start an element of HTML."""
    line = to_one_line(to_bilingual_text(text).to(language)).replace("|", "\\|")
    if line.count("`") % 2:
        line = line.replace("`", "\\`").replace("<", "&lt;")
    parts = line.split("`")  # every second one is code, which shows `<` as it is
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def format_code(name: str) -> str:
    """Format a name as code; its backticks would end it."""
    return f"`{to_one_line(name).replace('|', chr(92) + '|').replace('`', chr(39))}`"


def format_spread(spread: Spread, unit: FigureUnit, language: Language) -> list[str]:
    """Format the low, the base and the high value of a figure."""
    return [format_figure(one, unit, language) for one in (spread.low, spread.base, spread.high)]


def format_range(ends: tuple[float, float]) -> str:
    """Format two ends: `0.5`, `1-2`."""
    low, high = (f"{end:,.10g}" for end in ends)
    return low if low == high else f"{low}-{high}"


def format_months(ends: tuple[float, float], language: Language) -> str:
    """Format a duration in months."""
    if language == "zh":
        return f"{format_range(ends).replace('-', '–')} 个月"
    return f"{format_range(ends)} months"
