"""Fit recorded answers to the questions of today.

A newer newft, domain or kit may have renamed a question or a choice, which it declares as data, or
may no longer have it. What cannot be fitted is returned, so that it can be asked or refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from newft.answers.keys import (
    COLUMNS_PREFIX,
    FILES_KEY,
    GIVEN_SPLITS_KEY,
    HIDE_KEY,
    INDETERMINATE_KEY,
    SHOW_KEY,
    AnswerValue,
    RawAnswers,
)
from newft.text import Text, join_names

# What was measured holds for these answers alone. The positive labels are no part of it: the facts
# have all labels.
_MEASURED_KEYS = (
    "domain", "task", FILES_KEY, SHOW_KEY, HIDE_KEY, INDETERMINATE_KEY, GIVEN_SPLITS_KEY
)  # fmt: skip


class KnownAnswer(NamedTuple):
    """What today's answer with one key may be."""

    key: str
    choices: Collection[str] | None = None  # None: any value
    former_names: tuple[str, ...] = ()
    former_choices: Mapping[str, str] = {}  # old value -> value
    repeatable: bool = False  # a list, which an earlier newft may have recorded as one text


class InvalidAnswer(NamedTuple):
    """A recorded answer that is no longer one of the choices."""

    key: str
    reason: Text  # with the value, and what is valid


class FittedAnswers(NamedTuple):
    """Recorded answers under today's names, what was done to them, and those that do not fit."""

    answers: RawAnswers
    notes: tuple[Text, ...]
    invalid: tuple[InvalidAnswer, ...]


def fit_answers(recorded: RawAnswers, known: Iterable[KnownAnswer]) -> FittedAnswers:
    """Return the recorded answers as answers to today's questions."""
    entries = {name: entry for entry in known for name in (entry.key, *entry.former_names)}
    answers: dict[str, AnswerValue] = {}
    notes: list[Text] = []
    invalid: list[InvalidAnswer] = []
    for name, value in recorded.items():
        entry = entries.get(name)
        if entry is None or (entry.key != name and entry.key in recorded):
            notes.append(_describe_dropped(name, value))
            continue
        if entry.key != name:
            notes.append(Text(f"`{name}` is now `{entry.key}`", f"`{name}` 已改名为 `{entry.key}`"))
        if entry.repeatable and isinstance(value, str):
            value = (value,)
        fitted = _translate_value(entry, value)
        if fitted != value:
            old, new = format_answer(value), format_answer(fitted)
            notes.append(
                Text(
                    f"{entry.key}: `{old}` is now called `{new}`",
                    f"{entry.key}：`{old}` 已改名为 `{new}`",
                )
            )
        if is_valid(entry, fitted):
            answers[entry.key] = fitted
        else:
            listed = join_names(entry.choices or ())
            text = format_answer(fitted)
            reason = Text(
                f"`{text}` is not one of: {listed.en}", f"`{text}` 不在可选项中：{listed.zh}"
            )
            invalid.append(InvalidAnswer(entry.key, reason))
    return FittedAnswers(answers, tuple(notes), tuple(invalid))


def is_valid(entry: KnownAnswer, value: AnswerValue) -> bool:
    """Tell whether a value is among the choices, or all of its values are."""
    values = (value,) if isinstance(value, str) else value
    return entry.choices is None or all(one in entry.choices for one in values)


def list_unmeasured_changes(measured: RawAnswers, answers: RawAnswers) -> tuple[str, ...]:
    """Return the keys of changed answers for which the recorded facts do not hold."""
    keys = dict.fromkeys([*measured, *answers])
    return tuple(
        key
        for key in keys
        if (key in _MEASURED_KEYS or key.startswith(COLUMNS_PREFIX))
        and _normalize_absent(key, measured) != _normalize_absent(key, answers)
    )


def _normalize_absent(key: str, given: RawAnswers) -> AnswerValue | None:
    """Return the value of a key; an empty list says something of given splits alone."""
    return given.get(key) if key == GIVEN_SPLITS_KEY else given.get(key) or ()


def format_answer(value: AnswerValue | None) -> str:
    """Format a value on one line."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else ", ".join(value)


def _translate_value(entry: KnownAnswer, value: AnswerValue) -> AnswerValue:
    if isinstance(value, str):
        return entry.former_choices.get(value, value)
    return tuple(entry.former_choices.get(one, one) for one in value)


def _describe_dropped(name: str, value: AnswerValue) -> Text:
    text = format_answer(value)
    return Text(
        f"`{name}` is no longer asked: the answer `{text}` is dropped",
        f"`{name}` 已不再是问题，丢弃原答案 `{text}`",
    )
