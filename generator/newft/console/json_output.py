"""The JSON objects of `--json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from newft.schema.answers import Answers
from newft.schema.dataset import DataFacts
from newft.schema.plan import Estimate, Plan, Recipe
from newft.schema.reasoned import Reasoned
from newft.schema.starter_kit import StarterKit
from newft.text import Language

# values of the recipe that only a project has which trains its model itself
OF_OWN_TRAINING = (
    "max_packed_tokens",
    "max_truncated_fraction",
    "attention",
    "training_minutes",
    "device",
    "processes",
    "evaluation_minutes",
    "evaluation_batch_size",
    "few_shot_examples",
)

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def report_json(
    plan: Plan,
    answers: Answers,
    kit: StarterKit | None,
    *,
    paths: Sequence[str],
    path: Path | None,
    language: Language,
) -> Json:
    """Return what `newft new` did, or would do; reasons are in the language of the interface."""
    return {
        "path": str(path) if path else None,
        "domain": answers.domain,
        "task": answers.task,
        "language": answers.language,
        "family": answers.family,
        "model": answers.model,
        "method": answers.method,
        "kit": _kit_to_json(kit) if kit else None,
        "recipe": {
            name: _reasoned_to_json(value, language)
            for name, value in list_plan_values(plan).items()
        },
        "estimate": _estimate_to_json(plan.estimate),
        "data": None if plan.data.sample else _data_to_json(plan.data, language),
        "files": list(paths),
        "notes": [note.to(language) for note in plan.data.notes],
        "warnings": [warning.to(language) for warning in (*plan.data.warnings, *plan.warnings)],
    }


def list_plan_values(plan: Plan) -> dict[str, Reasoned[Json]]:
    """Return the values that the project has, or the file for the tool that trains its model."""
    unused = () if plan.model.trained_here else OF_OWN_TRAINING
    values = list_recipe_values(plan.recipe)
    return {name: value for name, value in values.items() if name not in unused}


def list_recipe_values(recipe: Recipe) -> dict[str, Reasoned[Json]]:
    """Return the values of a recipe by name, in their order."""
    others = {
        field.name: getattr(recipe, field.name)
        for field in fields(recipe)
        if field.name != "method"
    }
    return {**recipe.method, **others}


def _reasoned_to_json(reasoned: Reasoned[Json], language: Language) -> Json:
    return {
        "value": reasoned.value,
        "why": reasoned.why.to(language),
        "source": reasoned.source.to(language),
    }


def _kit_to_json(kit: StarterKit) -> Json:
    pin = kit.pin
    return {
        "id": kit.id,
        "version": kit.version,
        "source": pin.source,
        "revision": pin.revision,
        "commit": pin.commit,
        "tree": pin.tree,
    }


def _estimate_to_json(estimate: Estimate) -> Json:
    cost = estimate.cost
    return {
        "memory_gb": estimate.memory_gb,
        "parts_gb": {part.name: [round(end, 2) for end in part.gb] for part in estimate.parts},
        "hours": estimate.hours,
        "cost": cost.range if cost else None,
        "currency": cost.currency if cost else None,
    }


def _data_to_json(data: DataFacts, language: Language) -> Json:
    encodings = dict.fromkeys(file.encoding for file in data.files)
    return {
        "files": [file.path for file in data.files],
        "encoding": next(iter(encodings)) if len(encodings) == 1 else list(encodings),
        "rows": data.rows,
        "accepted": data.accepted,
        "rejected": dict(data.rejected),
        "mapping": {
            field: columns[0] if len(columns) == 1 else list(columns)
            for field, columns in data.mapping.items()
        },
        "shape": data.shape,
        "labels": dict(data.labels),
        "positive": list(data.positive),
        "indeterminate": list(data.indeterminate),
        "inputs": list(data.inputs),
        "protected": list(data.protected),
        "excluded": [*data.excluded, *data.leaking],
        "reasons": {name: reason.to(language) for name, reason in data.reasons.items()},
        "doubtful": {name: doubt.to(language) for name, doubt in data.doubtful.items()},
    }
