"""What a conversation needs from outside: prompts, words, lookups, and someone who shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newft.answers.keys import RawAnswers
from newft.errors import NewftError
from newft.i18n import Messages
from newft.wizard.questions import Lookups
from newft.wizard.state import WizardState
from newft.wizard.terminal import TerminalUI

BACK_VALUE = "<"


@dataclass(frozen=True)
class WizardContext:
    """Everything outside of the conversation that it calls."""

    prompts: TerminalUI
    texts: Messages
    lookups: Lookups
    say: Callable[[str], None]
    error: Callable[[NewftError], None]
    mapping: Callable[[WizardState], None]
    review: Callable[[WizardState], None]
    plan: Callable[[WizardState], None]  # every value with its reason
    broken: Callable[[RawAnswers], None]  # what was answered when the conversation broke off
