"""What a question of the wizard is: its answers, what may be chosen, and when it applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from newft.answers.keys import ANSWER_KEYS, RawAnswers
from newft.schema.reasoned import Reasoned
from newft.schema.starter_kit import AskedQuestion
from newft.text import Text
from newft.wizard.state import WizardState

VALUE_SEPARATOR = "\n"  # between the values of a question that takes several


class Choice(NamedTuple):
    """One value that may be chosen."""

    value: str
    title: Text
    note: Text = Text("", "")  # an explanation, where the title does not suffice


def _list_no_choices(_: WizardState) -> tuple[Choice, ...]:
    return ()


def _propose_nothing(_: WizardState) -> tuple[str, ...]:
    return ()


def always(_: WizardState) -> bool:
    """Apply to every state."""
    return True


@dataclass(frozen=True)
class Question:
    """One question of the wizard."""

    key: str
    form: Literal["path", "select", "several", "text"]
    get_default: Callable[[WizardState], Reasoned[str]]
    parse: Callable[[str, WizardState], RawAnswers]
    list_choices: Callable[[WizardState], tuple[Choice, ...]] = _list_no_choices
    applies: Callable[[WizardState], bool] = always
    # of several choices: those that are marked before any is chosen; and whether it may be none
    propose: Callable[[WizardState], tuple[str, ...]] = _propose_nothing
    allow_none: bool = False
    allow_unsure: bool = False  # offers to take the default without knowing better
    allow_other: bool = False  # takes a value that is typed, where `other_applies`
    other_applies: Callable[[WizardState], bool] = always
    optional: bool = False  # takes its default where there would be too many questions
    on_request: bool = False  # is asked only where the user wants to change the answer
    # of a question whose texts are data, such as one of a kit: how it stands after the answers so
    # far; None where it does not apply
    describe: Callable[[WizardState], AskedQuestion | None] | None = None
    # of such a question with a typed answer that is none of a kit: what is wrong with a text
    find_fault: Callable[[str], Text | None] | None = None

    @property
    def answer_keys(self) -> tuple[str, ...]:
        """The keys of the answers that it gives."""
        if self.describe:
            return (self.key,)
        return tuple(entry.key for entry in ANSWER_KEYS if entry.question == self.key)

    def is_missing(self, state: WizardState) -> bool:
        """Return whether an answer is missing that every project needs."""
        return not self.on_request and self.is_open(state)

    def is_open(self, state: WizardState) -> bool:
        """Return whether there is no answer yet, and may be one."""
        return self.applies(state) and any(key not in state.answers for key in self.answer_keys)

    def takes_several(self, state: WizardState) -> bool:
        """Return whether more than one choice may be taken: of two, both would say nothing."""
        enough = self.allow_none or len(self.list_choices(state)) > 2
        return self.form == "several" and enough

    def takes_other(self, state: WizardState) -> bool:
        """Return whether a value may be typed that is not listed."""
        return self.allow_other and self.other_applies(state)

    def has_open_choice(self, state: WizardState) -> bool:
        """Return whether there is no answer yet, and the user has something to choose."""
        open_ended = self.form in ("path", "text") or self.takes_other(state)
        return self.is_open(state) and (open_ended or len(self.list_choices(state)) > 1)
