"""Texts that the commands print, in Chinese: messages.json maps each English text to its own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..data.normalize import escape_controls


def fill(template: str, **values: object) -> str:
    """The Chinese text with its values filled in; a text without values is taken as it is.

    Values are shown, never interpreted: characters that control a terminal are escaped.
    """
    text = _load_translations().get(template, template)
    if not values:
        return text
    return text.format(**{name: _escape_value(value) for name, value in values.items()})


def _escape_value(value: object) -> object:
    return value if isinstance(value, int | float) else escape_controls(str(value))


@cache
def _load_translations() -> dict[str, str]:
    path = Path(__file__).with_suffix(".json")
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts
