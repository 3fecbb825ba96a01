"""Read numbers and shares as answers write them: 20000, 0.35, 35%; suggest how to write others."""

from __future__ import annotations

import math
import re

from newft.emitted.normalize import escape_controls
from newft.emitted.quantities import read_quantity
from newft.text import Text


def read_number(text: str) -> float | None:
    """Return the number of a text such as 16, 0.1, 5e-5 or 5.0e-5; None for any other text."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def read_share(text: str) -> float | None:
    """Return the number of a text such as 0.35 or 35%; None for any other text."""
    if text.endswith(("%", "％")):
        percent = read_number(text[:-1].rstrip())
        return None if percent is None else percent / 100
    return read_number(text)


def suggest_number(text: str) -> Text:
    """Return how to write a number that has separators or a scale: `20,000`, `2万`; or nothing."""
    if read_number(text) is not None:
        return Text("", "")
    quantity = read_quantity(text)
    if quantity is None or quantity.scale == "%" or quantity.value != round(quantity.value):
        return Text("", "")
    return Text(f"; write {quantity.value:.0f}", f"；请写成 {quantity.value:.0f}")


def explain_wrong_number(text: str, expected: Text) -> Text:
    """Say that a text is not what was expected, and how to write the number that it may mean."""
    word, meant = escape_controls(text), suggest_number(text)
    return Text(
        f"is `{word}`, but must be {expected.en}{meant.en}",
        f"是 `{word}`，应为{expected.zh}{meant.zh}",
    )
