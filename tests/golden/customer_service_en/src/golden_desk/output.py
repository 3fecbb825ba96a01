"""The one place that prints."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from .keys import escape_controls
from .messages import fill


def say(text: str, *, file: TextIO | None = None, **values: object) -> None:
    """Print a text with its values, once, however many processes train.

    A reader that has left does not stop the work. Characters that control a terminal are escaped.
    """
    if os.environ.get("RANK", "0") != "0":
        return
    lines = map(escape_controls, fill(text, **values).split("\n"))
    try:
        print("\n".join(lines), file=file, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), (file or sys.stdout).fileno())
