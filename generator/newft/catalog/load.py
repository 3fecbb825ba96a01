"""The catalogue's YAML files as values; every fault of a file is listed with its line and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from newft.catalog.document import Document, Fault
from newft.entries import Accelerator, Catalog, Family, Kit, Language, Prompts, Task
from newft.names import fold
from newft.resources import domains, templates
from newft.text import Text

_NO_IDENTIFIER = Text(
    "not an identifier (a letter, then letters, digits and `_`)",
    "不是合法标识符（以字母开头，只含字母、数字和 `_`）",
)


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
                yield Fault((accelerator.id,), _shared(name, owner))


def _shared(name: str, owner: str) -> Text:
    return Text(f"has the same name `{name}` as `{owner}`", f"的名称 `{name}` 与 `{owner}` 相同")


def _kit_faults(kit: Kit, folder: Path) -> Iterator[Fault]:
    if not _is_identifier(kit.id):
        message = Text(
            f"is in the folder `{kit.id}`, which is {_NO_IDENTIFIER.en}",
            f"所在的文件夹名 `{kit.id}` {_NO_IDENTIFIER.zh}",
        )
        yield Fault((), message)
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
    message = Text(f"is {_NO_IDENTIFIER.en}", _NO_IDENTIFIER.zh)
    return (Fault((*at, name), message) for name in names if not _is_identifier(name))


def _repeated_synonyms(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for name, field in task.fields.items():
        first: dict[str, str] = {}
        for position, synonym in enumerate(field.synonyms):
            if fold(synonym) in first:
                earlier = first[fold(synonym)]
                message = Text(f"repeats `{earlier}`", f"与 `{earlier}` 重复")
                yield Fault((*at, name, "synonyms", position), message)
            first.setdefault(fold(synonym), synonym)


def _misplaced_lists(
    at: tuple[str, ...], prompts: Mapping[Language, Prompts], listed: str
) -> Iterator[Fault]:
    for language, told in prompts.items():
        if listed in told.tuned:
            message = Text(f"must not list the `{listed}`", f"不能列出 `{listed}`")
            yield Fault((*at, language, "tuned"), message)
        if listed not in told.untuned:
            message = Text(f"must list the `{listed}`", f"必须列出 `{listed}`")
            yield Fault((*at, language, "untuned"), message)


def _missing_place(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for language, question in task.asks_about.items():
        if "{type}" not in question:
            message = Text("must say where the `{type}` goes", "必须用 `{type}` 标出类型的位置")
            yield Fault((*at, language), message)


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
        message = Text(
            "has an outcome field but lacks `prompts_with_outcome`",
            "有 outcome 字段，却缺少 `prompts_with_outcome`",
        )
        yield Fault(at, message)
    for key, text in texts.items():
        missing = [language for language in get_args(Language) if language not in text]
        yield from (
            Fault((*at, key), Text(f"lacks `{language}`", f"缺少 `{language}`"))
            for language in missing
        )


def _missing_samples(at: tuple[str, ...], task: Task, folder: Path) -> Iterator[Fault]:
    for language, name in task.sample.items():
        if not (folder / name).is_file():
            message = Text(
                f"names `{name}`, which is not a file of `sample/`",
                f"指定的 `{name}` 不在 `sample/` 中",
            )
            yield Fault((*at, language), message)
