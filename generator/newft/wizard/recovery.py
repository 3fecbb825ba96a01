"""Saves the answers of a conversation that was left or that failed, so that none is given twice."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
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
    console: ConsoleOutput, *, command: Sequence[str], enabled: bool, kit: StarterKit | None = None
) -> Iterator[list[RawAnswers]]:
    """Collect answers in a list; if the block fails, save the last ones to a file.

    `command` continues with the file. Secrets that the kit asks for are not saved.
    """
    kept: list[RawAnswers] = []
    try:
        yield kept
    except WizardInterrupted as interrupted:
        _save_answers(drop_secret_answers(interrupted.answers, kit), command, console)
        raise
    except InterruptedAfterWrite:
        raise
    except (Exception, KeyboardInterrupt):
        if enabled and kept:
            _save_answers(drop_secret_answers(kept[-1], kit), command, console)
        raise


def _save_answers(answers: RawAnswers, command: Sequence[str], console: ConsoleOutput) -> None:
    if not answers:
        return
    if files := get_data_files(answers):  # absolute, so that any folder can continue with them
        answers = {**answers, FILES_KEY: tuple(str(Path(file).absolute()) for file in files)}
    text = format_answers_yaml(answers)
    saved = save_user_file("answers.yml", text)
    if saved is None:
        console.print_commands("new.unsaved", text.splitlines())
        return
    words = [*find_program_words(), *command, "--answers", str(saved)]
    console.print_message("new.saved", path=saved)
    resume = shlex.join([*words, "--lang", console.messages.language])
    console.print_commands("new.resume", [resume])
