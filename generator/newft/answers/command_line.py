"""The command that repeats a conversation."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

from newft.answers.keys import (
    ADVICE_PREFIX,
    ANSWER_KEYS,
    COLUMNS_PREFIX,
    GIVEN_SPLITS_KEY,
    KIT_ANSWERS_PREFIX,
    KIT_KEY,
    KIT_REVISION_KEY,
    RECIPE_PREFIX,
    ROI_PREFIX,
    AnswerValue,
    RawAnswers,
    get_advice_values,
    get_columns,
    get_kit_answers,
    get_recipe_values,
    get_roi_figures,
)


def format_command(answers: RawAnswers, path: str) -> str:
    """Return the one command that gives these answers again."""
    words = [*find_program_words(), "new", path]
    for entry in ANSWER_KEYS:
        value = answers.get(entry.key, ())
        values = (value,) if isinstance(value, str) else value
        if entry.key == KIT_KEY and KIT_REVISION_KEY in answers:
            values = tuple(f"{one}@{answers[KIT_REVISION_KEY]}" for one in values)
        words += [word for one in values for word in (entry.option, one)]
    if answers.get(GIVEN_SPLITS_KEY) == ():  # no option says an empty list
        words += ["--set", f"{GIVEN_SPLITS_KEY}=[]"]
    for field, column in get_columns(answers).items():
        words += ["--set", f"{COLUMNS_PREFIX}{field}={column}"]
    for name, value in get_kit_answers(answers).items():
        words += ["--set", f"{KIT_ANSWERS_PREFIX}{name}={_format_value(value)}"]
    for name, value in get_recipe_values(answers).items():
        words += ["--set", f"{RECIPE_PREFIX}{name}={_format_value(value)}"]
    for name, value in get_advice_values(answers).items():
        words += ["--set", f"{ADVICE_PREFIX}{name}={_format_value(value)}"]
    for name, value in get_roi_figures(answers).items():
        words += ["--set", f"{ROI_PREFIX}{name}={_format_value(value)}"]
    return shlex.join([*words, "--yes"])


def _format_value(value: AnswerValue) -> str:
    """Return a value as `--set` reads it: a text as it is, a list as YAML."""
    if isinstance(value, str) and value[:1] not in ("[", "'", '"'):
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
