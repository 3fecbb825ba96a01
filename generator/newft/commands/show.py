"""`newft show`: list what newft knows as a table or as JSON, or one entry in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from newft.answers.keys import KIT_ANSWERS_PREFIX, KIT_KEY, get_option, make_unknown_name_error
from newft.catalog.kit_schema import find_question
from newft.catalog.loader import load_catalog
from newft.catalog.lookup import list_target_modules
from newft.console.console import print_attributes, print_json, print_rows
from newft.console.json_output import Json
from newft.i18n import Messages
from newft.kits.open_kit import open_kit
from newft.schema.catalog import Catalog
from newft.schema.family import Family
from newft.schema.hardware import Accelerator
from newft.schema.kit import GENERAL_POSITIVE_TITLE, Kit, KitQuestion
from newft.schema.method import TrainingMethod
from newft.schema.reasoned import as_citation
from newft.schema.record_shape import SHAPE_COLUMNS, SHAPE_FILES, SHAPE_TITLES, Shape
from newft.schema.starter_kit import AskedQuestion, StarterKit
from newft.text import Language
from newft.wizard.questions import QUESTIONS
from newft.wizard.shape_examples import get_shape_example, list_tasks_of_shape

Entry = dict[str, Json]


def show_catalog(
    topic: str, entry_id: str | None, *, kit: str | None, as_json: bool, messages: Messages
) -> None:
    """Print the entries of a topic, or the one with an id; a kit adds and removes some."""
    with open_kit({KIT_KEY: kit} if kit else {}, load_catalog()) as opened:
        entries = LIST_FUNCTIONS[topic](opened.catalog, messages)
    if entry_id is not None:
        ids = [str(entry["id"]) for entry in entries]
        if entry_id not in ids:
            raise make_unknown_name_error(entry_id, ids, where=f"show {topic}")
        entries = [entry for entry in entries if entry["id"] == entry_id]
    if as_json:
        print_json(entries)
    elif entry_id is not None:
        print_attributes({key: _format_value(value) for key, value in entries[0].items()})
    else:
        columns = TABLE_COLUMNS[topic]
        print_rows([{key: _format_value(entry[key]) for key in columns} for entry in entries])


def _list_families(catalog: Catalog, _: Messages) -> list[Entry]:
    return [_describe_family(family, catalog) for family in catalog.families.values()]


def _describe_family(family: Family, catalog: Catalog) -> Entry:
    return {
        "id": family.id,
        "title": family.title,
        "models": [{"hub_id": size.hub_id, "parameters": size.parameters} for size in family.sizes],
        "architectures": list(family.architectures),
        "targets": {
            method: list(target) if isinstance(target, tuple) else target
            for method, target in list_target_modules(family, catalog).items()
        },
        "fp16_safe": family.fp16_safe.value,
        "sources": list(family.sources),
    }


def _list_methods(catalog: Catalog, texts: Messages) -> list[Entry]:
    return [_describe_method(method, texts.language) for method in catalog.methods.values()]


def _describe_method(method: TrainingMethod, language: Language) -> Entry:
    return {
        "id": method.id,
        "title": method.title.to(language),
        "description": method.description.to(language),
        "learning_rate": method.learning_rate.value,
        **{
            name: list(sourced.value) if isinstance(sourced.value, tuple) else sourced.value
            for name, sourced in method.values.items()
        },
        "requires": list(method.requires),
    }


def _list_accelerators(catalog: Catalog, messages: Messages) -> list[Entry]:
    return [_describe_accelerator(one, messages.language) for one in catalog.accelerators.values()]


def _describe_accelerator(accelerator: Accelerator, language: Language) -> Entry:
    source = as_citation(accelerator.source).to(language)
    return {**asdict(accelerator), "source": source, "aliases": list(accelerator.aliases)}


def _list_domains(catalog: Catalog, messages: Messages) -> list[Entry]:
    return [_describe_domain(kit, messages.language) for kit in catalog.kits.values()]


def _describe_domain(kit: Kit, language: Language) -> Entry:
    return {
        "id": kit.id,
        "title": kit.title.to(language),
        "description": (kit.description or kit.title).to(language),
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


def _list_shapes(catalog: Catalog, messages: Messages) -> list[Entry]:
    return [_describe_shape(shape, catalog, messages.language) for shape in SHAPE_TITLES]


def _describe_shape(shape: Shape, catalog: Catalog, language: Language) -> Entry:
    return {
        "id": shape,
        "title": SHAPE_TITLES[shape].to(language),
        "columns": SHAPE_COLUMNS[shape].to(language),
        "tasks": list(list_tasks_of_shape(shape, catalog)),
        "example": dict(get_shape_example(shape, catalog, language)),
        "files": [form.to(language) for form in SHAPE_FILES[shape]],
    }


def _list_questions(catalog: Catalog, messages: Messages) -> list[Entry]:
    positive = GENERAL_POSITIVE_TITLE.to(messages.language)
    own: list[Entry] = [
        {
            "id": question.key,
            "text": messages(f"questions.{question.key}.text", positive=positive),
            "help": messages(f"questions.{question.key}.help"),
            "options": [get_option(key) for key in question.answer_keys],
            "keys": list(question.answer_keys),
        }
        for question in QUESTIONS
    ]
    return own + _list_kit_questions(catalog.starter_kit, messages.language)


def _list_kit_questions(kit: StarterKit | None, language: Language) -> list[Entry]:
    """List the questions of a kit; one of a template may only be known after other answers."""
    return [
        _describe_kit_question(name, find_question(kit, name), language)
        for name in (kit.questions.names if kit and kit.questions else ())
        if kit
    ]


def _describe_kit_question(
    name: str, question: KitQuestion | AskedQuestion | None, language: Language
) -> Entry:
    key = f"{KIT_ANSWERS_PREFIX}{name}"
    return {
        "id": key,
        "text": question.title.to(language) if question else "",
        "help": question.help.to(language) if question and question.help else "",
        "options": [f"--set {key}"],
        "keys": [key],
    }


LIST_FUNCTIONS: Mapping[str, Callable[[Catalog, Messages], list[Entry]]] = {
    "families": _list_families,
    "methods": _list_methods,
    "hardware": _list_accelerators,
    "domains": _list_domains,
    "shapes": _list_shapes,
    "questions": _list_questions,
}
TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "families": ("id", "title", "models"),
    "methods": ("id", "title", "description"),
    "hardware": ("id", "title", "memory_gb", "bf16", "fp16"),
    "domains": ("id", "title", "tasks"),
    "shapes": ("id", "title", "tasks"),
    "questions": ("id", "options", "text"),
}


def _format_value(value: Json) -> str:
    """Format a value for a person; a question mark means unknown."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        name = value.get("hub_id") or value.get("id")
        pairs = (f"{key}: {_format_value(item)}" for key, item in value.items())
        return str(name) if name else "; ".join(pairs)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_format_value, value))
    return str(value)
