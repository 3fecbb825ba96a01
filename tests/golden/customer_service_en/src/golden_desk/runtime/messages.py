"""Texts that the commands print."""

from __future__ import annotations

from ..data.normalize import escape_controls


def fill(template: str, **values: object) -> str:
    """The text with its values filled in; a text without values is taken as it is.

    Values are shown, never interpreted: characters that control a terminal are escaped.
    """
    if not values:
        return template
    return template.format(**{name: _escape_value(value) for name, value in values.items()})


def _escape_value(value: object) -> object:
    return value if isinstance(value, int | float) else escape_controls(str(value))
