"""What the wizard needs from outside: a terminal, texts, services and functions that print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from newft.answers.keys import RawAnswers
from newft.errors import NewftError
from newft.i18n import Messages
from newft.wizard.menu import Option
from newft.wizard.state import Services, WizardState
from newft.wizard.terminal import TerminalUI

BACK_VALUE = "<"


@dataclass(frozen=True)
class WizardContext:
    """Everything outside of the wizard that it calls."""

    terminal: TerminalUI
    messages: Messages
    services: Services
    say: Callable[[str], None]
    print_error: Callable[[NewftError], None]
    print_data: Callable[[WizardState], None]
    print_summary: Callable[[WizardState], None]
    print_explanation: Callable[[WizardState], None]
    keep_answers: Callable[[RawAnswers], None]  # called when an error ends the wizard
    end: Literal["write", "advise"] = "write"  # what a conversation that is reviewed leads to

    def make_back_option(self) -> Option:
        """Make the last entry of a list, which stays whatever is typed."""
        return Option(BACK_VALUE, self.messages("wizard.back"), fixed=True)


class WizardInterrupted(KeyboardInterrupt):
    """The user left the wizard; `answers` holds what was answered so far."""

    def __init__(self, answers: RawAnswers) -> None:
        super().__init__()
        self.answers = answers
