"""`newft show`: list what newft knows as a table or as JSON, or one entry in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from newft.answers.keys import AUTO_GPU, KIT_ANSWERS_PREFIX, KIT_KEY, get_option, normalize_gpu
from newft.answers.unknown_names import make_unknown_name_error
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.kit_schema import find_question
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput, print_attributes, print_json, print_rows
from newft.console.json_output import Json
from newft.decide.kit.kit_rules import select_allowed
from newft.decide.model.model_fits import list_model_fits, make_reference_step
from newft.errors import UsageError
from newft.i18n import Messages
from newft.kits.open_kit import open_kit
from newft.schema.catalog import Catalog
from newft.schema.hardware import Accelerator, Hardware
from newft.schema.kit import GENERAL_POSITIVE_TITLE, Kit, KitQuestion
from newft.schema.method import DEFAULT_METHOD
from newft.schema.reasoned import as_citation
from newft.schema.record_shape import SHAPE_COLUMNS, SHAPE_FILES, SHAPE_TITLES, Shape
from newft.schema.starter_kit import AskedQuestion, StarterKit
from newft.system.hardware_probe import probe_cpu, probe_machine
from newft.text import Language, Text
from newft.wizard.model_entries import (
    describe_family,
    describe_method,
    describe_model_fit,
    explain_family,
    explain_method,
    explain_model_fit,
    explain_model_fits,
    explain_obstacles,
    summarize_family,
    summarize_method,
    summarize_model_fit,
)
from newft.wizard.questions import QUESTIONS
from newft.wizard.shape_examples import get_shape_example, list_tasks_of_shape

Entry = dict[str, Json]


@dataclass(frozen=True)
class ShowOptions:
    """The command line of `newft show`."""

    topic: str
    entry_id: str | None
    kit: str | None
    gpu: str | None  # of the topic `models`, as `method` is
    method: str | None
    json: bool


class Listing(NamedTuple):
    """An entry for programs, its row in a table, and what a person is shown of it alone."""

    entry: Entry
    row: Mapping[str, Json]
    full: Mapping[str, Json]


def show_catalog(options: ShowOptions, messages: Messages) -> None:
    """Print the entries of a topic, or the one with an id; a kit adds and removes some."""
    with open_kit({KIT_KEY: options.kit} if options.kit else {}, load_catalog()) as opened:
        listed = _list_entries(options, select_allowed(opened.catalog), messages)
    if options.entry_id is not None:
        ids = [str(one.entry["id"]) for one in listed]
        if options.entry_id not in ids:
            raise make_unknown_name_error(options.entry_id, ids, where=f"show {options.topic}")
        listed = [one for one in listed if one.entry["id"] == options.entry_id]
    if options.json:
        print_json([one.entry for one in listed])
    elif options.entry_id is not None:
        print_attributes({key: _format_value(value) for key, value in listed[0].full.items()})
    else:
        print_rows(
            [{key: _format_value(value) for key, value in one.row.items()} for one in listed],
            headings=True,
        )


def _list_entries(options: ShowOptions, catalog: Catalog, messages: Messages) -> list[Listing]:
    """List what there is of a topic."""
    if options.topic == "models":
        return _list_models(options, catalog, messages)
    for name in ("gpu", "method"):
        if getattr(options, name) is not None:
            raise UsageError(
                Text("only `newft show models` takes it", "只有 `newft show models` 有此选项"),
                where=f"--{name}",
                hint=Text("leave it out", "请去掉"),
            )
    language = messages.language
    if options.topic == "families":
        return [
            Listing(
                describe_family(one, catalog),
                summarize_family(one, language),
                {"id": one.id, **explain_family(one, language)},
            )
            for one in catalog.families.values()
        ]
    if options.topic == "methods":
        return [
            Listing(
                describe_method(one, language),
                summarize_method(one, language),
                {"id": one.id, **explain_method(one, language)},
            )
            for one in catalog.methods.values()
        ]
    columns = TABLE_COLUMNS[options.topic]
    return [
        Listing(entry, {key: entry[key] for key in columns}, entry)
        for entry in LIST_FUNCTIONS[options.topic](catalog, messages)
    ]


def _list_models(options: ShowOptions, catalog: Catalog, messages: Messages) -> list[Listing]:
    """List the models with the memory that they take on the hardware; what fits comes first."""
    name, gpu = options.method or DEFAULT_METHOD, normalize_gpu(options.gpu or AUTO_GPU)
    if name not in catalog.methods:
        raise make_unknown_name_error(name, catalog.methods, where="method")
    hardware, method = _find_hardware(gpu, catalog), catalog.methods[name]
    fits = list_model_fits(hardware, method, catalog)
    if fits and not options.json:
        step = make_reference_step(
            method, fits[0].family, "bf16", on_cpu=hardware.accelerator.kind == "cpu"
        )
        notes = [explain_model_fits(hardware, method, step)]
        if options.entry_id is None:
            notes.extend(explain_obstacles(fits))
        ConsoleOutput(messages).print_notes(notes)
    language = messages.language
    return [
        Listing(
            describe_model_fit(fit, language),
            summarize_model_fit(fit, language),
            explain_model_fit(fit, language),
        )
        for fit in fits
    ]


def _find_hardware(gpu: str, catalog: Catalog) -> Hardware:
    """Return the hardware of an answer; a CPU is that of this machine, whose memory is known."""
    hardware = parse_gpu(
        gpu, catalog.accelerators, machine=probe_machine() if gpu == AUTO_GPU else None
    )
    if hardware.accelerator.kind != "cpu" or hardware.accelerator.memory_gb is not None:
        return hardware
    return parse_gpu(AUTO_GPU, catalog.accelerators, machine=probe_cpu())


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
    "hardware": _list_accelerators,
    "domains": _list_domains,
    "shapes": _list_shapes,
    "questions": _list_questions,
}
TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
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
