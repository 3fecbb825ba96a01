"""What one cell of a data file holds."""

from __future__ import annotations

import json


def to_text(value: object) -> str:
    """A cell as text; nothing for an empty one, and `3` for the 3.0 of a spreadsheet."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')
