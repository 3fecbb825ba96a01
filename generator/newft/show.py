"""`newft show`: what there is, as a table, one thing in full, or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from newft.answers import OPTIONS
from newft.catalog.load import load_catalog
from newft.console import print_json, print_pairs, print_rows
from newft.entries import Accelerator, Catalog, Family, Kit, Language, cited
from newft.given import unknown
from newft.questions import QUESTIONS
from newft.report import Json
from newft.situation import methods
from newft.texts import Texts

Entry = dict[str, Json]


def show(what: str, one: str | None, *, as_json: bool, texts: Texts) -> None:
    """Print what there is of a kind, or one of it."""
    entries = LISTS[what](load_catalog(), texts)
    if one is not None:
        names = [str(entry["id"]) for entry in entries]
        if one not in names:
            raise unknown(one, names, where=f"show {what}")
        entries = [entry for entry in entries if entry["id"] == one]
    if as_json:
        print_json(entries)
    elif one is not None:
        print_pairs({key: _shown(value) for key, value in entries[0].items()})
    else:
        columns = COLUMNS[what]
        print_rows([{key: _shown(entry[key]) for key in columns} for entry in entries])


def _families(catalog: Catalog, _: Texts) -> list[Entry]:
    return [_family(family) for family in catalog.families.values()]


def _family(family: Family) -> Entry:
    return {
        "id": family.id,
        "title": family.title,
        "models": [{"hub_id": size.hub_id, "parameters": size.parameters} for size in family.sizes],
        "architectures": list(family.architectures),
        "targets": {
            method: target if isinstance(target, str) else list(target)
            for method, target in family.targets.items()
        },
        "fp16_safe": family.fp16_safe.value,
        "sources": list(family.sources),
    }


def _methods(catalog: Catalog, _: Texts) -> list[Entry]:
    return [
        {"id": method, "families": [family.id for family in families]}
        for method, families in methods(catalog).items()
    ]


def _hardware(catalog: Catalog, texts: Texts) -> list[Entry]:
    return [_accelerator(one, texts.language) for one in catalog.accelerators.values()]


def _accelerator(accelerator: Accelerator, language: Language) -> Entry:
    source = cited(accelerator.source).to(language)
    return {**asdict(accelerator), "source": source, "aliases": list(accelerator.aliases)}


def _domains(catalog: Catalog, texts: Texts) -> list[Entry]:
    return [_domain(kit, texts.language) for kit in catalog.kits.values()]


def _domain(kit: Kit, language: Language) -> Entry:
    return {
        "id": kit.id,
        "title": kit.title.to(language),
        "description": kit.description.to(language),
        "tasks": [
            {
                "id": task_id,
                "title": task.title.to(language),
                "description": task.description.to(language),
                "fields": {
                    name: {"title": field.title.to(language), "required": field.required}
                    for name, field in task.fields.items()
                },
            }
            for task_id, task in kit.tasks.items()
        ],
    }


def _questions(_: Catalog, texts: Texts) -> list[Entry]:
    return [
        {
            "id": question.key,
            "text": texts(f"questions.{question.key}.text"),
            "help": texts(f"questions.{question.key}.help"),
            "options": [OPTIONS[key] for key in question.keys],
            "keys": list(question.keys),
        }
        for question in QUESTIONS
    ]


LISTS: Mapping[str, Callable[[Catalog, Texts], list[Entry]]] = {
    "families": _families,
    "methods": _methods,
    "hardware": _hardware,
    "domains": _domains,
    "questions": _questions,
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "families": ("id", "title", "models"),
    "methods": ("id", "families"),
    "hardware": ("id", "title", "memory_gb", "bf16", "fp16"),
    "domains": ("id", "title", "tasks"),
    "questions": ("id", "options", "text"),
}


def _shown(value: Json) -> str:
    """A value as a person reads it; unknown is a question mark."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        name = value.get("hub_id") or value.get("id")
        pairs = (f"{key}: {_shown(item)}" for key, item in value.items())
        return str(name) if name else "; ".join(pairs)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_shown, value))
    return str(value)
