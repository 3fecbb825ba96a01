"""Saves the answers of a conversation that was left or that failed, so that none is given twice."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newft.answers.command_line import find_program_words
from newft.answers.keys import FILES_KEY, RawAnswers, get_data_files
from newft.answers.parse import format_answers_yaml
from newft.console.console import ConsoleOutput
from newft.decide.kit.kit_answer_rules import drop_secret_answers
from newft.errors import InterruptedAfterWrite
from newft.schema.starter_kit import StarterKit
from newft.system.user_files import save_user_file
from newft.wizard.context import WizardInterrupted


@contextmanager
def save_answers_on_failure(
    console: ConsoleOutput, *, path: str | None, enabled: bool, kit: StarterKit | None = None
) -> Iterator[list[RawAnswers]]:
    """Collect answers in a list; if the block fails, save the last ones to a file.

    `path` is the project's, for the command that continues with the file. Secrets that the kit
    asks for are not saved.
    """
    kept: list[RawAnswers] = []
    try:
        yield kept
    except WizardInterrupted as interrupted:
        _save_answers(drop_secret_answers(interrupted.answers, kit), path, console)
        raise
    except InterruptedAfterWrite:
        raise
    except (Exception, KeyboardInterrupt):
        if enabled and kept:
            _save_answers(drop_secret_answers(kept[-1], kit), path, console)
        raise


def _save_answers(answers: RawAnswers, path: str | None, console: ConsoleOutput) -> None:
    if not answers:
        return
    if files := get_data_files(answers):  # absolute, so that any folder can continue with them
        answers = {**answers, FILES_KEY: tuple(str(Path(file).absolute()) for file in files)}
    text = format_answers_yaml(answers)
    saved = save_user_file("answers.yml", text)
    if saved is None:
        console.print_commands("new.unsaved", text.splitlines())
        return
    words = [*find_program_words(), "new", *([path] if path else []), "--answers", str(saved)]
    console.print_message("new.saved", path=saved)
    command = shlex.join([*words, "--lang", console.messages.language])
    console.print_commands("new.resume", [command])
