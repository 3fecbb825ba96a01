"""Rows of the summary about the kit of a project: which it is, and which answers come from it."""

from __future__ import annotations

from collections.abc import Iterator

from newft.answers.conditions import list_values
from newft.answers.keys import RawAnswers
from newft.console.summary_rows import DisplayRow
from newft.i18n import Messages
from newft.schema.starter_kit import StarterKit

SHORT_COMMIT = 12  # digits


def build_kit_rows(
    kit: StarterKit, answers: RawAnswers, messages: Messages
) -> Iterator[DisplayRow]:
    """Yield the kit with its state, then each answer that it presets or locks."""
    name = " ".join(filter(None, (kit.title.to(messages.language), kit.version)))
    state = (kit.pin.commit or kit.pin.tree)[:SHORT_COMMIT]
    source = messages("kit.source", source=kit.pin.source, state=state)
    yield messages("kit.title"), messages("summary.from", name=name, source=source)
    for key, lock in kit.locked.items():
        if key == "domain":  # the row of the task says it
            continue
        note = lock.why.to(messages.language) if lock.why else ""
        owner = lock.kit.to(messages.language)
        locked = messages("kit.locked_why" if note else "kit.locked", kit=owner, why=note)
        yield key, messages("summary.from", name=_join_value(lock.value), source=locked)
    for key, value in kit.presets.items():
        if key in answers and list_values(answers[key]) == list_values(value):
            preset = messages("kit.preset")
            yield key, messages("summary.from", name=_join_value(value), source=preset)


def _join_value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
