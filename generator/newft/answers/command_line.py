"""The command that repeats a conversation."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from newft.answers.keys import ANSWER_KEYS, COLUMNS_PREFIX, RawAnswers, get_columns


def format_command(given: RawAnswers, path: str, *, program: Sequence[str]) -> str:
    """The one command that gives these answers again."""
    words = [*program, "new", path]
    for entry in ANSWER_KEYS:
        value = given.get(entry.key, ())
        values = (value,) if isinstance(value, str) else value
        words += [word for one in values for word in (entry.option, one)]
    for field, column in get_columns(given).items():
        words += ["--set", f"{COLUMNS_PREFIX}{field}={column}"]
    return shlex.join([*words, "--yes"])
