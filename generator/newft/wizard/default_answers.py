"""Apply answers to the state of the wizard, and complete them with defaults."""

from __future__ import annotations

from dataclasses import replace

from newft.answers.keys import KIT_ANSWERS_PREFIX
from newft.decide.kit.kit_answer_rules import (
    drop_unasked_answers,
    list_open_questions,
    make_missing_answers_error,
)
from newft.wizard.question import Question
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import Services, WizardState, resolve


def apply_answer(
    question: Question, value: str, *, state: WizardState, services: Services
) -> WizardState:
    """Return the state after an answer; answers that were given before are kept."""
    answers = {**question.parse(value, state), **state.answers}
    return resolve(replace(state, answers=answers), services)


def fill_defaults(state: WizardState, services: Services) -> WizardState:
    """Return the state with the default for every answer that is missing."""
    state = resolve(state, services)
    for question in QUESTIONS:
        if question.is_missing(state):
            value = question.get_default(state).value
            state = apply_answer(question, value, state=state, services=services)
    return fill_kit_defaults(state, services)


def fill_kit_defaults(state: WizardState, services: Services) -> WizardState:
    """Return the state with the default for every question of the kit that has no answer.

    Raises:
        UsageError: If questions have no default; all of them are listed.
    """
    kit = state.catalog.starter_kit
    missing = {}
    while opened := [
        one for one in list_open_questions(state.answers, kit) if one.name not in missing
    ]:
        question = opened[0]
        if question.default is None:
            missing[question.name] = question
            continue
        key = f"{KIT_ANSWERS_PREFIX}{question.name}"
        answers = {**state.answers, key: question.default}
        state = resolve(replace(state, answers=answers), services)
    if missing:
        assert kit
        raise make_missing_answers_error(list(missing.values()), kit)
    return replace(state, answers=drop_unasked_answers(state.answers, kit))
