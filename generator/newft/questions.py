"""Every question as data: the answers it gives, what may be chosen, the default with its reason.

All of it follows from what is known so far; nothing here asks, prints or reads a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from newft import choices
from newft.choices import Choice
from newft.columns import Sight
from newft.entries import Hardware, Language
from newft.errors import IncompatibleError
from newft.given import FILES, POSITIVE, Given, files, unknown
from newft.keys import find_label
from newft.model import DataFacts, Reasoned
from newft.situation import (
    Situation,
    check,
    chosen_family,
    chosen_language,
    chosen_task,
    family_of,
)


def _no_choices(_: Situation) -> tuple[Choice, ...]:
    return ()


def _always(_: Situation) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """One question; its texts are `questions.<key>.text` and `.help` of the interface."""

    key: str
    keys: tuple[str, ...]  # the answers it gives
    form: Literal["path", "select", "text"]
    default: Callable[[Situation], Reasoned[str]]
    read: Callable[[str, Situation], Given]
    choices: Callable[[Situation], tuple[Choice, ...]] = _no_choices
    when: Callable[[Situation], bool] = _always
    knowledge: bool = False  # may be left to newft
    other: bool = False  # what is not listed may be typed
    spare: bool = False  # left to its default where the questions would become too many

    def open(self, situation: Situation) -> bool:
        """Whether an answer is missing."""
        return self.when(situation) and any(key not in situation.given for key in self.keys)

    def asked(self, situation: Situation) -> bool:
        """Whether a person has something to choose."""
        choice = self.form != "select" or self.other or len(self.choices(situation)) > 1
        return choice and self.open(situation)


class Lookups(NamedTuple):
    """What must be looked up or worked out elsewhere while questions are answered."""

    recognise: Callable[[Situation], tuple[str, ...]]  # domain/task of the files
    measure: Callable[[Situation], DataFacts]
    columns: Callable[[Situation], Sight]  # of the files; none where they cannot be read
    unfit: Callable[[Situation], IncompatibleError | None]  # why answers do not go together
    hardware: Callable[[str], Hardware]
    model: Callable[[Hardware, Language, str | None], Reasoned[str]]  # of a family, if it is given
    weights: Callable[[str], str]  # the model, if there can be one; a folder with its whole path
    name: Callable[[str], str]  # the name, if a project can be called so


def answered(
    question: Question, value: str, *, situation: Situation, lookups: Lookups
) -> Situation:
    """The situation after an answer, with what can be looked up now; given answers stay."""
    given = {**question.read(value, situation), **situation.given}
    return looked(replace(situation, given=given), lookups)


def refusal(
    question: Question, value: str, *, situation: Situation, lookups: Lookups
) -> IncompatibleError | None:
    """Why an answer does not go together with the others, such as a model that is too large."""
    if question.key not in ("gpu", "model"):
        return None
    given = {**situation.given, **question.read(value, situation)}
    return lookups.unfit(replace(situation, given=given))


def looked(situation: Situation, lookups: Lookups) -> Situation:
    """The situation with everything looked up for which the answers are there."""
    situation = _with_family(_with_model(situation, lookups))
    check(situation)
    given = situation.given
    if "name" in given:
        lookups.name(str(given["name"]))
    if situation.hardware is None and "gpu" in given:
        situation = replace(situation, hardware=lookups.hardware(str(given["gpu"])))
    if situation.fits is None and files(given) and not chosen_task(situation):
        situation = replace(situation, fits=lookups.recognise(situation))
    if situation.data is None and chosen_task(situation) and _names_records(given):
        situation = replace(situation, data=lookups.measure(situation))
    situation = _with_positive(situation)
    language, family = chosen_language(given), chosen_family(given)
    if situation.hardware and language and "model" not in given:
        return replace(situation, model=lookups.model(situation.hardware, language, family))
    return situation


def _with_model(situation: Situation, lookups: Lookups) -> Situation:
    given = situation.given
    if "model" not in given:
        return situation
    model = lookups.weights(str(given["model"]))
    return replace(situation, given={**given, "model": model})


def _with_family(situation: Situation) -> Situation:
    family = family_of(str(situation.given.get("model")), situation.catalog)
    if family is None or "family" in situation.given:
        return situation
    return replace(situation, given={**situation.given, "family": family})


def _with_positive(situation: Situation) -> Situation:
    """The label that was named as the positive one takes the place of the one that was found."""
    data, named = situation.data, situation.given.get(POSITIVE)
    if data is None or named is None:
        return situation
    positive = find_label(str(named), tuple(data.labels))
    if positive is None:
        raise unknown(str(named), data.labels, where=POSITIVE)
    return replace(situation, data=replace(data, positive=positive))


def _names_records(given: Given) -> bool:
    """Whether the records are known: the user's files, or the sample of a language."""
    return bool(files(given)) or (FILES in given and "language" in given)


def complete(situation: Situation, lookups: Lookups) -> Situation:
    """The situation with the default for every answer that was not given."""
    situation = looked(situation, lookups)
    for question in QUESTIONS:
        if question.open(situation):
            value = question.default(situation).value
            situation = answered(question, value, situation=situation, lookups=lookups)
    return situation


def _reader(key: str) -> Callable[[str, Situation], Given]:
    return lambda value, _: {key: value}


QUESTIONS = (
    Question("data", (FILES,), "path", choices.data_default, choices.read_data),
    Question(
        "task",
        ("domain", "task"),
        "select",
        choices.task_default,
        choices.read_task,
        choices.task_choices,
    ),
    Question(
        "language",
        ("language",),
        "select",
        choices.language_default,
        _reader("language"),
        choices.language_choices,
        spare=True,
    ),
    Question(
        "positive",
        (POSITIVE,),
        "select",
        choices.positive_default,
        _reader(POSITIVE),
        choices.positive_choices,
        when=choices.positive_unclear,
    ),
    Question(
        "gpu",
        ("gpu",),
        "select",
        choices.gpu_default,
        choices.read_gpu,
        choices.gpu_choices,
        knowledge=True,
        other=True,
    ),
    Question(
        "model",
        ("model",),
        "select",
        choices.model_default,
        choices.read_model,
        choices.model_choices,
        knowledge=True,
        other=True,
    ),
    Question(
        "hub",
        ("hub",),
        "select",
        choices.hub_default,
        _reader("hub"),
        choices.hub_choices,
        when=choices.hub_matters,
        spare=True,
    ),
    Question(
        "family",
        ("family",),
        "select",
        choices.family_default,
        _reader("family"),
        choices.family_choices,
    ),
    Question("name", ("name",), "text", choices.name_default, _reader("name"), spare=True),
)
