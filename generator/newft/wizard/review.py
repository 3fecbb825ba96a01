"""What the conversation shows before anything is written."""

from __future__ import annotations

from pathlib import Path

from newft.answers.keys import AUTO_GPU, get_data_files
from newft.console.json_output import list_recipe_values
from newft.console.summary_rows import (
    DisplayRow,
    build_estimate_rows,
    build_label_rows,
    format_value,
)
from newft.console.text_layout import NO_BREAK_SPACE
from newft.i18n import Messages
from newft.schema.family import EMBEDDED
from newft.schema.plan import Plan
from newft.wizard.state import WizardState

REVIEWED_VALUES = ("rank", "learning_rate", "epochs", "max_length", "precision")


def build_review_rows(
    now: WizardState, plan: Plan, folder: Path, texts: Messages
) -> list[DisplayRow]:
    """The project in a few lines: what was answered, and what follows from it."""
    language, data = texts.language, plan.data
    task = texts(
        "mapping.titled", kit=plan.kit.title.to(language), task=plan.task.title.to(language)
    )
    named = texts.listed(get_data_files(now.given)) or texts("review.sample")
    accepted = texts("review.records", files=named, accepted=data.accepted, rows=data.rows)
    return [
        (texts("review.task"), task),
        (texts("review.data"), accepted),
        *build_label_rows(data, texts),
        (texts("review.language"), texts(f"mapping.{plan.language}")),
        (texts("review.gpu"), _format_hardware(now, plan, texts)),
        (texts("review.model"), _format_model(plan, texts)),
        (texts("review.method"), _format_method(plan, texts)),
        *build_estimate_rows(plan, texts),
        (texts("review.name"), plan.name),
        (texts("review.folder"), str(folder)),
    ]


def _format_hardware(now: WizardState, plan: Plan, texts: Messages) -> str:
    card = plan.hardware.accelerator
    title = card.title if plan.hardware.count == 1 else f"{plan.hardware.count} x {card.title}"
    return texts("review.here", title=title) if now.given["gpu"] == AUTO_GPU else title


def _format_model(plan: Plan, texts: Messages) -> str:
    source = texts(f"review.source.{plan.model.source}")
    name = plan.model.id
    if plan.model.source == EMBEDDED:
        name = name.rpartition("/")[2]
    return texts("review.from", model=name, source=source)


def _format_method(plan: Plan, texts: Messages) -> str:
    values = list_recipe_values(plan.recipe)
    shown = [
        f"{name}{NO_BREAK_SPACE}{format_value(values[name].value, texts)}"
        for name in REVIEWED_VALUES
    ]
    return texts("review.values", method="LoRA", values=texts.listed(shown))
