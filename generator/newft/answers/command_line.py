"""The command that repeats a conversation."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from newft.answers.keys import COLUMNS_PREFIX, FILES_KEY, RawAnswers, columns_of, data_files_of
from newft.answers.parse import OPTION_NAMES


def format_command(given: RawAnswers, path: str, *, program: Sequence[str]) -> str:
    """The one command that gives these answers again."""
    words = [*program, "new", path]
    for key, option in OPTION_NAMES.items():
        values = data_files_of(given) if key == FILES_KEY else [given[key]] if key in given else []
        words += [word for value in values for word in (option, str(value))]
    for field, column in columns_of(given).items():
        words += ["--set", f"{COLUMNS_PREFIX}{field}={column}"]
    return shlex.join([*words, "--yes"])
