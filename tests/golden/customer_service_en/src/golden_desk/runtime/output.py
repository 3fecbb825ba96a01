"""The one place that prints."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from ..data.normalize import escape_controls
from .messages import fill


def say(text: str, *, file: TextIO | None = None, **values: object) -> None:
    """Print a text with its values, once, however many processes train.

    A reader that has left does not stop the work. Characters that control a terminal are escaped.
    """
    if os.environ.get("RANK", "0") != "0":
        return
    try:
        print(escape_controls_per_line(fill(text, **values)), file=file, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), (file or sys.stdout).fileno())


def escape_controls_per_line(text: str) -> str:
    """The text with its line ends, and no other character that controls a terminal."""
    return "\n".join(map(escape_controls, text.split("\n")))
