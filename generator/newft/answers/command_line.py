"""The command that repeats a conversation."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

from newft.answers.keys import (
    ANSWER_KEYS,
    GIVEN_SPLITS_KEY,
    KIT_KEY,
    KIT_REVISION_KEY,
    OPEN_PREFIXES,
    AnswerValue,
    RawAnswers,
)


def format_command(answers: RawAnswers, *arguments: str, command: str = "new") -> str:
    """Return the one command that gives these answers again."""
    words = [*find_program_words(), command, *arguments]
    for entry in ANSWER_KEYS:
        value = answers.get(entry.key, ())
        values = (value,) if isinstance(value, str) else value
        if entry.key == KIT_KEY and KIT_REVISION_KEY in answers:
            values = tuple(f"{one}@{answers[KIT_REVISION_KEY]}" for one in values)
        words += [word for one in values for word in (entry.option, one)]
    if answers.get(GIVEN_SPLITS_KEY) == ():  # no option says an empty list
        words += ["--set", f"{GIVEN_SPLITS_KEY}=[]"]
    for prefix in OPEN_PREFIXES:
        for key, value in answers.items():
            if key.startswith(prefix):
                words += ["--set", f"{key}={_format_value(value)}"]
    return shlex.join([*words, "--yes"])


def _format_value(value: AnswerValue) -> str:
    """Return a value as `--set` reads it: a text as it is where it can be, a list as YAML."""
    if isinstance(value, str) and value == value.strip() and value[:1] not in ("[", "'", '"', ""):
        return value
    return json.dumps(value, ensure_ascii=False)


def find_program_words() -> list[str]:
    """Return the words that called newft; its path where the shell does not find it by name."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return [sys.orig_argv[0], "-m", "newft"]
    found = shutil.which(called.name)
    on_path = found is not None and Path(found).absolute() == called.absolute()
    return [called.name if on_path else sys.argv[0]]
