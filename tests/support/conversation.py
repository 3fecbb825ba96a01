"""A conversation with newft as a story of answers, each given by the keys that a person presses.

    conversation.hold(answers(data=path, language="zh"), answers(review="change", change="gpu"))

Every question that the story does not name is answered by Enter alone, which takes what is marked.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from newft.answers.keys import AnswerValue, RawAnswers
from newft.errors import NewftError
from newft.i18n import Messages
from newft.schema.catalog import Catalog
from newft.schema.hardware import MachineFacts
from newft.schema.starter_kit import StarterKit
from newft.text import Language
from newft.wizard.advice_questions import list_advice_questions
from newft.wizard.context import BACK_VALUE, WizardContext, WizardInterrupted
from newft.wizard.conversation import run_wizard
from newft.wizard.menu import Option
from newft.wizard.question import VALUE_SEPARATOR
from newft.wizard.question_prompt import OTHER_VALUE
from newft.wizard.questions import QUESTIONS
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState
from newft.wizard.terminal import InteractiveTerminal, PlainTerminal
from support.generate_project import catalog
from support.terminal import CLEAR, CTRL_C, CTRL_D, DOWN, ENTER, UP

MACHINE = MachineFacts("cpu", 1, 2, 8.0, bf16=False)
# what a story calls the questions that are not of the table of answer keys
OTHER_QUESTIONS = {
    "questions.positive.text_of_one": "positive",
    "questions.family.text_of_model": "family",
    "columns.question": "columns",
    "columns.failed": "problem",
    "columns.field": "field",
    "columns.column": "column",
    "columns.which_task": "other_task",
    "columns.doubtful": "doubtful",
    "review.question_write": "review",
    "review.question_advise": "review",
    "review.stuck": "review",
    "review.which": "change",
}
MOST_QUESTIONS = 300  # of a conversation that ends
Answer = tuple[str, str]  # the name of the question, and the value, a line, or keys


class Keys(str):
    """An answer that consists of these keys, and no others."""


class Typed(str):
    """An answer that is not listed: `something else` is chosen, and this is typed."""


LEAVE = Keys(CTRL_C)
TAKE_MARKED = Keys(ENTER)
END_OF_FILE = Keys(CLEAR + CTRL_D)  # an end of file is one on an empty line only


def answers(**given: str | object) -> list[Answer]:
    """A part of the story: what is answered to the questions of these names, in this order."""
    story: list[Answer] = []
    for name, value in given.items():
        if isinstance(value, Typed):
            story += [(name, OTHER_VALUE), (f"{name}_typed", str(value))]
        else:
            story.append((name, value if isinstance(value, str) else str(value)))
    return story


class Person:
    """Who answers as the story says, and takes what is marked everywhere else."""

    def __init__(self, story: Sequence[Answer], texts: Messages, kit: StarterKit | None) -> None:
        self.asked: list[str] = []  # the names of the questions, as they came up
        self._left = deque(story)
        named = {f"questions.{one.key}.text": one.key for one in QUESTIONS}
        named |= {
            f"questions.{one.key}.type": f"{one.key}_typed" for one in QUESTIONS if one.allow_other
        }
        self._names = {
            _to_pattern(texts, key): name for key, name in (named | OTHER_QUESTIONS).items()
        }
        titles = (*_list_titles(kit, texts), *_list_advice_titles(texts))
        self._names |= {f"{re.escape(title)}.?": name for title, name in titles}

    def answer(self, question: str) -> str | None:
        """The answer to a question; None takes what is marked."""
        name = next(name for text, name in self._names.items() if re.fullmatch(text, question))
        self.asked.append(name)
        assert len(self.asked) < MOST_QUESTIONS, f"goes round: {self.asked[-9:]}"
        if self._left and self._left[0][0] == name:
            return self._left.popleft()[1]
        return None

    def check_that_all_was_asked(self) -> None:
        """Fail where the story answers what the conversation never asked."""
        assert not self._left, f"never asked: {[*self._left]}, but {self.asked}"


def _list_titles(kit: StarterKit | None, texts: Messages) -> list[tuple[str, str]]:
    """The titles of the questions of a kit, with their names."""
    chain = kit.chain if kit else ()
    titles = [(one.title, name) for part in chain for name, one in part.questions.items()]
    for template in kit.templates.values() if kit else ():
        described = [template.questions.describe(name, {}) for name in template.questions.names]
        titles += [(one.title, one.name) for one in described if one]
    return [(title.to(texts.language), name) for title, name in titles]


def _list_advice_titles(texts: Messages) -> list[tuple[str, str]]:
    """The texts of the questions of `newft advise` about facts and figures, with their keys."""
    known = WizardState(catalog(), {"domain": "credit_risk", "roi.requests_per_month": "1"})
    known = replace(known, answers={**known.answers, "roi.currency": "CNY"})
    described = [one.describe(known) for one in list_advice_questions(catalog()) if one.describe]
    return [(one.title.to(texts.language), one.name) for one in described if one]


def _to_pattern(texts: Messages, key: str) -> str:
    """What matches the text of a question, whatever is filled in."""
    parts = texts(key, field="FILLED", positive="FILLED", column="FILLED", doubt="FILLED").split(
        "FILLED"
    )
    return ".*".join(map(re.escape, parts))


class KeyTerminal(InteractiveTerminal):
    """The prompts of a terminal, with a person at the keys."""

    def __init__(self, texts: Messages, person: Person, keyboard: PipeInput) -> None:
        super().__init__(texts)
        self._person = person
        self._keyboard = keyboard

    def select(
        self,
        question: str,
        options: Sequence[Option],
        *,
        default: str | None = None,
        marks_first: bool = True,
    ) -> str:
        """Move to the answer with the arrow, and choose it."""
        answer = self._person.answer(question)
        values = [option.value for option in options]
        if answer is None or isinstance(answer, Keys):
            keys = answer or ENTER
        else:
            first = 0 if marks_first else -1  # the arrow leads to the first entry
            start = values.index(default) if default in values else first
            keys = DOWN * (values.index(answer) - start) + ENTER
            keys = UP * (start - values.index(answer)) + keys
            assert not options[values.index(answer)].refusal
        self._keyboard.send_text(keys)
        return super().select(question, options, default=default, marks_first=marks_first)

    def select_several(
        self,
        question: str,
        options: Sequence[Option],
        *,
        chosen: Sequence[str],
        allow_none: bool = False,
    ) -> str:
        """Mark by Space what is in the answer and unmark all else, and choose it."""
        answer = self._person.answer(question)
        if answer is None or isinstance(answer, Keys):
            keys = answer or ENTER
        elif answer == BACK_VALUE:
            keys = UP + ENTER
        else:
            wanted = {*answer.split(VALUE_SEPARATOR)} - {""}
            assert wanted <= {option.value for option in options}
            toggled = ((one.value in wanted) != (one.value in chosen) for one in options)
            keys = "".join((" " if toggle else "") + DOWN for toggle in toggled) + ENTER
        self._keyboard.send_text(keys)
        return super().select_several(question, options, chosen=chosen, allow_none=allow_none)

    def text(self, question: str, **options: Any) -> str:
        """Type the answer."""
        self._type(question)
        return super().text(question, **options)

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """Type the answer in place of what stands there."""
        self._type(question)
        return super().path(question, note=note, default=default)

    def _type(self, question: str) -> None:
        answer = self._person.answer(question)
        if answer is None or isinstance(answer, Keys):
            self._keyboard.send_text(answer or ENTER)
        else:
            self._keyboard.send_text(f"{CLEAR}{answer}{ENTER}")


class LineTerminal(PlainTerminal):
    """The prompts of a terminal that cannot redraw, with a person who types numbers and lines."""

    def __init__(self, texts: Messages, person: Person, say: Callable[[str], None]) -> None:
        super().__init__(texts, say, self._read_line)
        self._person = person
        self._question = ""
        self._values: Sequence[str] = []  # of the choices
        self._took_marked = False  # of the question that stands

    def select(
        self,
        question: str,
        options: Sequence[Option],
        *,
        default: str | None = None,
        marks_first: bool = True,
    ) -> str:
        """Type the number of the answer."""
        self._begin(question, [option.value for option in options])
        return super().select(question, options, default=default, marks_first=marks_first)

    def select_several(
        self,
        question: str,
        options: Sequence[Option],
        *,
        chosen: Sequence[str],
        allow_none: bool = False,
    ) -> str:
        """Type the number of the answer."""
        self._begin(question, [option.value for option in options])
        return super().select_several(question, options, chosen=chosen, allow_none=allow_none)

    def text(self, question: str, **options: Any) -> str:
        """Type the answer."""
        self._begin(question, [])
        return super().text(question, **options)

    def _begin(self, question: str, values: Sequence[str]) -> None:
        self._question, self._values, self._took_marked = question, values, False

    def _read_line(self) -> str:
        """The next line, which is empty where the person ends the input."""
        answer = self._person.answer(self._question)
        assert answer is not None or not self._took_marked, (
            f"what is marked is refused: {self._question}"
        )
        self._took_marked = answer is None
        if isinstance(answer, Keys):
            return ""
        if answer in self._values:
            return f"{self._values.index(answer) + 1}\n"
        return f"{answer or ''}\n"


@cache
def get_services() -> Services:
    """The services of all conversations, which profile a sample once."""
    return build_services(catalog(), MACHINE)


@dataclass
class Conversation:
    """What a conversation showed, and how to hold it."""

    messages: list[str] = field(default_factory=list)
    errors: list[NewftError] = field(default_factory=list)
    mappings: list[dict[str, tuple[str, ...]]] = field(default_factory=list)
    reviews: list[RawAnswers] = field(default_factory=list)
    plans: list[RawAnswers] = field(default_factory=list)
    kept_after_a_bug: list[RawAnswers] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    interface: Language = "en"
    services: Services = field(default_factory=get_services)
    catalog: Catalog = field(default_factory=catalog)
    review: Callable[[WizardState], None] | None = None  # in place of noting what is reviewed
    advise: bool = False  # it is one of `newft advise`

    def hold(
        self, *story: Sequence[Answer], dumb: bool = False, **given: AnswerValue
    ) -> RawAnswers:
        """The answers at the end; `given` are those of the command line, with `_` for a dot."""
        texts = Messages(self.interface)
        story_answers = [answer for part in story for answer in part]
        person = Person(story_answers, texts, self.catalog.starter_kit)
        self.asked = person.asked
        known = {
            key.replace("_", ".") if key.startswith("data_") else key: value
            for key, value in given.items()
        }
        start = WizardState(self.catalog, known, machine=MACHINE, interface_language=self.interface)
        with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
            terminal = (
                LineTerminal(texts, person, self.messages.append)
                if dumb
                else KeyTerminal(texts, person, keyboard)
            )
            questions = list_advice_questions(self.catalog) if self.advise else None
            end = run_wizard(start, self._build_context(terminal, texts), questions)
        person.check_that_all_was_asked()
        return end.answers

    def leave(
        self, *story: Sequence[Answer], dumb: bool = False, **given: AnswerValue
    ) -> RawAnswers:
        """The answers that are kept where the story ends with leaving."""
        with pytest.raises(WizardInterrupted) as stopped:
            self.hold(*story, dumb=dumb, **given)
        return stopped.value.answers

    @property
    def shown(self) -> str:
        """Everything that a dumb terminal showed."""
        return "\n".join(self.messages)

    @property
    def questions_shown(self) -> list[str]:
        """The questions of a dumb terminal, with their choices."""
        return [message for message in self.messages if message.startswith("? ")]

    def _build_context(
        self, terminal: KeyTerminal | LineTerminal, texts: Messages
    ) -> WizardContext:
        return WizardContext(
            terminal,
            texts,
            self.services,
            self.messages.append,
            self.errors.append,
            self._note_mapping,
            self.review or self._note_review,
            lambda now: self.plans.append(now.answers),
            self.kept_after_a_bug.append,
            end="advise" if self.advise else "write",
        )

    def _note_mapping(self, now: WizardState) -> None:
        assert now.data
        self.mappings.append(dict(now.data.mapping))

    def _note_review(self, now: WizardState) -> None:
        self.reviews.append(now.answers)
