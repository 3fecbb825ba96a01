"""The questions of a kit, as the wizard asks them after those of newft."""

from __future__ import annotations

from newft.answers.keys import KIT_ANSWERS_PREFIX, AnswerValue, RawAnswers
from newft.decide.kit.kit_answer_rules import make_missing_answers_error
from newft.schema.catalog import Catalog
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.starter_kit import AskedQuestion, KitQuestions
from newft.text import Text
from newft.wizard.question import VALUE_SEPARATOR, Choice, Question
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import WizardState


def list_questions(catalog: Catalog) -> tuple[Question, ...]:
    """Return the questions of newft, and then those of the kit."""
    questions = catalog.starter_kit.questions if catalog.starter_kit else None
    own = (
        ()
        if questions is None
        else tuple(make_kit_question(name, questions) for name in questions.names)
    )
    return (*QUESTIONS, *own)


def make_kit_question(name: str, questions: KitQuestions) -> Question:
    """Make a question of a kit; it is asked when all of newft's questions have answers."""
    key = f"{KIT_ANSWERS_PREFIX}{name}"

    def describe(state: WizardState) -> AskedQuestion | None:
        return questions.describe(name, state.answers) if "name" in state.answers else None

    def list_choices(state: WizardState) -> tuple[Choice, ...]:
        asked = describe(state)
        return tuple(Choice(*choice) for choice in asked.choices) if asked else ()

    def get_default(state: WizardState) -> Reasoned[str]:
        asked = describe(state)
        assert asked
        if asked.default is None:
            kit = state.catalog.starter_kit
            assert kit
            raise make_missing_answers_error([asked], kit)
        why = Text("from the kit", "由套件给出")
        return Reasoned(join_values(asked.default), why, as_citation("kit"))

    def parse(value: str, state: WizardState) -> RawAnswers:
        asked = describe(state)
        values = tuple(value.split(VALUE_SEPARATOR)) if value else ()
        return {key: values if asked and asked.multiple else value}

    return Question(
        key,
        "text",
        get_default,
        parse,
        list_choices,
        applies=lambda state: describe(state) is not None,
        describe=describe,
    )


def join_values(value: AnswerValue) -> str:
    """Return the value of an answer as the conversation keeps it."""
    return value if isinstance(value, str) else VALUE_SEPARATOR.join(value)
