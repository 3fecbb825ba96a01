"""Conditions of kits on answers: `when` of questions and layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from newft.answers.keys import KIT_ANSWERS_PREFIX
from newft.schema.answers import Answers
from newft.schema.kit import AnswerText, Condition


def holds(condition: Condition, answers: Mapping[str, AnswerText]) -> bool:
    """Return whether every key of a condition has one of its values in the answers."""
    return all(
        {*list_values(answers.get(key, ()))} & {*list_values(values)}
        for key, values in condition.items()
    )


def list_values(value: AnswerText) -> tuple[str, ...]:
    """Return the values of an answer that may have one or several."""
    return (value,) if isinstance(value, str) else value


def flatten_answers(answers: Answers) -> dict[str, AnswerText]:
    """Return typed answers by key, such as `data.columns.text`; none for what is not given."""
    return dict(_flatten("", {item.name: getattr(answers, item.name) for item in fields(answers)}))


def _flatten(prefix: str, values: Mapping[str, object]) -> list[tuple[str, AnswerText]]:
    flat: list[tuple[str, AnswerText]] = []
    for name, value in values.items():
        if is_dataclass(value):
            inner = {item.name: getattr(value, item.name) for item in fields(value)}
            flat += _flatten(f"{prefix}{name}.", inner)
        elif isinstance(value, Mapping):
            flat += _flatten(f"{prefix}{name}.", value)
        elif isinstance(value, str | tuple) and (value or prefix == KIT_ANSWERS_PREFIX):
            flat.append((f"{prefix}{name}", value))
    return flat
