"""Apply answers to the state, and derive from them what can be derived."""

from __future__ import annotations

from dataclasses import replace

from newft.answers.keys import (
    FILES_KEY,
    POSITIVE_KEY,
    RawAnswers,
    get_data_files,
    make_unknown_name_error,
)
from newft.catalog.lookup import find_family
from newft.emitted.label_rules import find_label
from newft.wizard.questions import QUESTIONS, Lookups, Question
from newft.wizard.state import (
    WizardState,
    check_state,
    get_chosen_family,
    get_chosen_language,
    get_chosen_task,
)


def apply_answer(
    question: Question, value: str, *, situation: WizardState, lookups: Lookups
) -> WizardState:
    """The situation after an answer, with what can be looked up now; given answers stay."""
    given = {**question.read(value, situation), **situation.given}
    return resolve(replace(situation, given=given), lookups)


def resolve(situation: WizardState, lookups: Lookups) -> WizardState:
    """The situation with everything looked up for which the answers are there."""
    situation = _infer_family(_normalize_model_answer(situation, lookups))
    check_state(situation)
    given = situation.given
    if "name" in given:
        lookups.name(str(given["name"]))
    if situation.hardware is None and "gpu" in given:
        situation = replace(situation, hardware=lookups.hardware(str(given["gpu"])))
    if situation.fits is None and get_data_files(given) and not get_chosen_task(situation):
        situation = replace(situation, fits=lookups.recognise(situation))
    if situation.data is None and get_chosen_task(situation) and _has_data(given):
        situation = replace(situation, data=lookups.measure(situation))
    situation = _apply_positive_label(situation)
    language, family = get_chosen_language(given), get_chosen_family(given)
    if situation.hardware and language and "model" not in given:
        return replace(situation, model=lookups.model(situation.hardware, language, family))
    return situation


def _normalize_model_answer(situation: WizardState, lookups: Lookups) -> WizardState:
    given = situation.given
    if "model" not in given:
        return situation
    model = lookups.weights(str(given["model"]))
    return replace(situation, given={**given, "model": model})


def _infer_family(situation: WizardState) -> WizardState:
    family = find_family(str(situation.given.get("model")), situation.catalog)
    if family is None or "family" in situation.given:
        return situation
    return replace(situation, given={**situation.given, "family": family})


def _apply_positive_label(situation: WizardState) -> WizardState:
    """The label that was named as the positive one takes the place of the one that was found."""
    data, named = situation.data, situation.given.get(POSITIVE_KEY)
    if data is None or named is None:
        return situation
    positive = find_label(str(named), tuple(data.labels))
    if positive is None:
        raise make_unknown_name_error(str(named), data.labels, where=POSITIVE_KEY)
    return replace(situation, data=replace(data, positive=positive))


def _has_data(given: RawAnswers) -> bool:
    """Whether the records are known: the user's files, or the sample of a language."""
    return bool(get_data_files(given)) or (FILES_KEY in given and "language" in given)


def fill_defaults(situation: WizardState, lookups: Lookups) -> WizardState:
    """The situation with the default for every answer that was not given."""
    situation = resolve(situation, lookups)
    for question in QUESTIONS:
        if question.open(situation):
            value = question.default(situation).value
            situation = apply_answer(question, value, situation=situation, lookups=lookups)
    return situation
