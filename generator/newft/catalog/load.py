"""The catalogue's YAML files as values; every fault of a file is listed with its line and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from newft.catalog.document import Document, Fault
from newft.entries import Accelerator, Catalog, Family, Kit, Language, Prompts, Task
from newft.names import fold
from newft.resources import domains, templates

_NO_IDENTIFIER = "no identifier (a letter, then letters, digits and `_`)"


def load_catalog() -> Catalog:
    """Everything that ships with newft."""
    kits = (load_kit(file.parent) for file in sorted(domains().glob("*/kit.yaml")))
    return Catalog(
        kits={kit.id: kit for kit in kits},
        families=load_families(templates() / "families"),
        accelerators=load_accelerators(templates() / "hardware.yaml"),
    )


def load_kit(folder: Path) -> Kit:
    """The domain or kit of a folder; its id is the folder's name."""
    document = Document.read(folder / "kit.yaml")
    kit = document.to(Kit, given={"id": folder.name, "folder": str(folder)})
    document.refuse(_kit_faults(kit, folder))
    return kit


def load_families(folder: Path) -> dict[str, Family]:
    """The model families of a folder by id, which is the file's name."""
    documents = {file.stem: Document.read(file) for file in sorted(folder.glob("*.yaml"))}
    return {name: document.to(Family, given={"id": name}) for name, document in documents.items()}


def load_accelerators(file: Path) -> dict[str, Accelerator]:
    """The accelerators of a file by id, in its order."""
    document = Document.read(file)
    accelerators = document.to_mapping(Accelerator, key="id")
    document.refuse(_ambiguous_names(accelerators))
    return accelerators


def _ambiguous_names(accelerators: Mapping[str, Accelerator]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for accelerator in accelerators.values():
        for name in (accelerator.id, *accelerator.aliases):
            owner = owners.setdefault(fold(name), accelerator.id)
            if owner != accelerator.id:
                yield Fault((accelerator.id,), f"is also called `{name}`, as `{owner}` is")


def _kit_faults(kit: Kit, folder: Path) -> Iterator[Fault]:
    if not _is_identifier(kit.id):
        yield Fault((), f"lies in a folder whose name is {_NO_IDENTIFIER}: `{kit.id}`")
    yield from _bad_identifiers(("tasks",), kit.tasks)
    for name, task in kit.tasks.items():
        at = ("tasks", name)
        yield from _bad_identifiers((*at, "fields"), task.fields)
        yield from _repeated_synonyms((*at, "fields"), task)
        yield from _misplaced_lists((*at, "prompts"), task.prompts, "{labels}")
        for listed in ("{labels}", "{recommendations}"):
            within = (*at, "prompts_with_outcome")
            yield from _misplaced_lists(within, task.prompts_with_outcome, listed)
        yield from _missing_place((*at, "asks_about"), task)
        yield from _missing_languages(at, task)
        yield from _missing_samples((*at, "sample"), task, folder / "sample")


def _is_identifier(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _bad_identifiers(at: tuple[str, ...], names: Iterable[str]) -> Iterator[Fault]:
    return (
        Fault((*at, name), f"is {_NO_IDENTIFIER}") for name in names if not _is_identifier(name)
    )


def _repeated_synonyms(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for name, field in task.fields.items():
        first: dict[str, str] = {}
        for position, synonym in enumerate(field.synonyms):
            if fold(synonym) in first:
                earlier = first[fold(synonym)]
                yield Fault((*at, name, "synonyms", position), f"repeats `{earlier}`")
            first.setdefault(fold(synonym), synonym)


def _misplaced_lists(
    at: tuple[str, ...], prompts: Mapping[Language, Prompts], listed: str
) -> Iterator[Fault]:
    for language, told in prompts.items():
        if listed in told.tuned:
            yield Fault((*at, language, "tuned"), f"must not list the `{listed}`")
        if listed not in told.untuned:
            yield Fault((*at, language, "untuned"), f"must list the `{listed}`")


def _missing_place(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for language, question in task.asks_about.items():
        if "{type}" not in question:
            yield Fault((*at, language), "must say where the `{type}` goes")


def _missing_languages(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    texts: dict[str, Mapping[Language, object]] = {
        "prompts": task.prompts,
        "sample": task.sample,
        "question": task.question,
    }
    if task.asks_about:
        texts["asks_about"] = task.asks_about
    if task.prompts_with_outcome:
        texts["prompts_with_outcome"] = task.prompts_with_outcome
    elif any(field.role == "outcome" for field in task.fields.values()):
        yield Fault(at, "has an outcome, and lacks `prompts_with_outcome`")
    for key, text in texts.items():
        missing = [language for language in get_args(Language) if language not in text]
        yield from (Fault((*at, key), f"lacks `{language}`") for language in missing)


def _missing_samples(at: tuple[str, ...], task: Task, folder: Path) -> Iterator[Fault]:
    for language, name in task.sample.items():
        if not (folder / name).is_file():
            yield Fault((*at, language), f"names no file of `sample/`: `{name}`")
