"""Every question as data: the answers it gives, what may be chosen, the default with its reason.

All of it follows from what is known so far; nothing here asks, prints or reads a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from newft.answers.keys import ANSWER_KEYS, POSITIVE_KEY, AnswerKey, RawAnswers
from newft.dataset.column_match import ColumnSurvey
from newft.errors import IncompatibleError
from newft.schema.dataset import DataFacts
from newft.schema.hardware import Hardware
from newft.schema.reasoned import Reasoned
from newft.text import Language
from newft.wizard import choices
from newft.wizard.choices import Choice
from newft.wizard.state import WizardState


def _no_choices(_: WizardState) -> tuple[Choice, ...]:
    return ()


def _always(_: WizardState) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """One question; its texts are `questions.<key>.text` and `.help` of the interface."""

    key: str
    form: Literal["path", "select", "text"]
    default: Callable[[WizardState], Reasoned[str]]
    read: Callable[[str, WizardState], RawAnswers]
    choices: Callable[[WizardState], tuple[Choice, ...]] = _no_choices
    when: Callable[[WizardState], bool] = _always
    knowledge: bool = False  # may be left to newft
    other: bool = False  # what is not listed may be typed
    spare: bool = False  # left to its default where the questions would become too many

    @property
    def keys(self) -> tuple[str, ...]:
        """The answers it gives."""
        return tuple(entry.key for entry in ANSWER_KEYS if entry.question == self.key)

    def open(self, situation: WizardState) -> bool:
        """Whether an answer is missing."""
        return self.when(situation) and any(key not in situation.given for key in self.keys)

    def asked(self, situation: WizardState) -> bool:
        """Whether a person has something to choose."""
        choice = self.form != "select" or self.other or len(self.choices(situation)) > 1
        return choice and self.open(situation)


class Lookups(NamedTuple):
    """What must be looked up or worked out elsewhere while questions are answered."""

    recognise: Callable[[WizardState], tuple[str, ...]]  # domain/task of the files
    measure: Callable[[WizardState], DataFacts]
    columns: Callable[[WizardState], ColumnSurvey]  # of the files; none where they cannot be read
    unfit: Callable[[WizardState], IncompatibleError | None]  # why answers do not go together
    hardware: Callable[[str], Hardware]
    model: Callable[[Hardware, Language, str | None], Reasoned[str]]  # of a family, if it is given
    weights: Callable[[str], str]  # the model, if there can be one; a folder with its whole path
    name: Callable[[str], str]  # the name, if a project can be called so


def find_incompatibility(
    question: Question, value: str, *, situation: WizardState, lookups: Lookups
) -> IncompatibleError | None:
    """Why an answer does not go together with the others, such as a model that is too large."""
    if question.key not in ("gpu", "model"):
        return None
    given = {**situation.given, **question.read(value, situation)}
    return lookups.unfit(replace(situation, given=given))


def _make_reader(key: str) -> Callable[[str, WizardState], RawAnswers]:
    return lambda value, _: {key: value}


_QUESTIONS = (
    Question("data", "path", choices.get_default_data, choices.parse_data_answer),
    Question(
        "task",
        "select",
        choices.get_default_task,
        choices.parse_task_answer,
        choices.list_task_choices,
    ),
    Question(
        "language",
        "select",
        choices.get_default_language,
        _make_reader("language"),
        lambda _: choices.list_fixed_choices("language"),
        spare=True,
    ),
    Question(
        "positive",
        "select",
        choices.get_default_positive_label,
        _make_reader(POSITIVE_KEY),
        choices.list_positive_label_choices,
        when=choices.is_positive_label_unclear,
    ),
    Question(
        "gpu",
        "select",
        choices.get_default_gpu,
        choices.parse_gpu_answer,
        choices.list_gpu_choices,
        knowledge=True,
        other=True,
    ),
    Question(
        "model",
        "select",
        choices.get_default_model,
        choices.parse_model_answer,
        choices.list_model_choices,
        knowledge=True,
        other=True,
    ),
    Question(
        "family",
        "select",
        choices.get_default_family,
        _make_reader("family"),
        choices.list_family_choices,
    ),
    Question("name", "text", choices.get_default_name, _make_reader("name"), spare=True),
)
_CONDITIONS = {"hub": choices.should_ask_hub}  # of the questions below


def _build_question(question: str, entry: AnswerKey) -> Question:
    """A question about one key, of which the table of answer keys says everything."""
    return Question(
        question,
        "select",
        lambda _: choices.get_suggestion(entry),
        _make_reader(entry.key),
        lambda _: choices.list_fixed_choices(entry.key),
        when=_CONDITIONS.get(question, _always),
        spare=True,
    )


def _list_questions() -> Iterator[Question]:
    """The questions in the order of the table of answer keys."""
    own = {question.key: question for question in _QUESTIONS}
    for name in dict.fromkeys(entry.question for entry in ANSWER_KEYS if entry.question):
        entry = next(entry for entry in ANSWER_KEYS if entry.question == name)
        yield own.get(name) or _build_question(name, entry)


QUESTIONS = tuple(_list_questions())
