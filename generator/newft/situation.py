"""What is known when a question comes up, and whether the names in it exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from newft.entries import EMBEDDED, Catalog, Family, Hardware, Kit, Language, Size, Task
from newft.errors import IncompatibleError
from newft.given import COLUMNS, Given, columns, unknown
from newft.model import DataFacts, MachineFacts, Reasoned
from newft.text import Text, as_text, join_texts


@dataclass(frozen=True)
class Situation:
    """What is known so far."""

    catalog: Catalog
    given: Given = field(default_factory=dict)
    fits: tuple[str, ...] | None = None  # domain/task of the files, told by their content
    data: DataFacts | None = None  # as measured
    hardware: Hardware | None = None  # that the answers name
    model: Reasoned[str] | None = None  # suggested for hardware and language
    machine: MachineFacts | None = None  # this one
    folder: str | None = None  # that the project goes to, where a project can be called so
    interface: Language = "en"  # of the conversation


def check(situation: Situation) -> None:
    """Nothing, or the error of the first answer that names what is not there."""
    given = situation.given
    for key, names in _known(situation):
        if key in given and given[key] not in names:
            raise unknown(str(given[key]), names, where=key)
    _check_family(situation)
    _check_hub(given)
    if task := chosen_task(situation):
        for name in columns(given):
            if name not in task.single_fields:
                raise unknown(name, task.single_fields, where=f"{COLUMNS}{name}")


def _check_family(situation: Situation) -> None:
    model, family = situation.given.get("model"), situation.given.get("family")
    owner = family_of(str(model), situation.catalog)
    if family and owner not in (None, family):
        raise IncompatibleError(
            Text(
                f"`{model}` belongs to the family {owner}, not {family}",
                f"`{model}` 属于 {owner} 系列，而不是 {family}",
            ),
            where="family",
            hint=as_text(f"--family {owner}"),
        )


def _check_hub(given: Given) -> None:
    """Refuse what is said of a hub where the model comes from none."""
    model = str(given.get("model", ""))
    said = [key for key in ("hub", "revision") if key in given]
    if said and model and not on_hub(model):
        both = Text(" and ", " 和 ")
        what = join_texts((as_text(f"--{key} {given[key]}") for key in said), both)
        drop = join_texts((as_text(f"--{key}") for key in said), both)
        raise IncompatibleError(
            Text(
                f"`{model}` does not come from a hub: {what.en} cannot be used",
                f"`{model}` 不是从模型站下载的，不能使用 {what.zh}",
            ),
            where="model",
            hint=Text(
                f"drop {drop.en}, or name a model of a hub: --model ORG/NAME",
                f"请去掉 {drop.zh}，或改用模型站上的模型：--model ORG/NAME",
            ),
        )


def _known(situation: Situation) -> Iterator[tuple[str, list[str]]]:
    yield "domain", list(situation.catalog.kits)
    domain = situation.given.get("domain")
    kits = situation.catalog.kits.values()
    yield "task", [task for kit in kits if domain in (None, kit.id) for task in kit.tasks]
    yield "family", list(situation.catalog.families)
    yield "method", list(methods(situation.catalog))


def tasks(situation: Situation) -> list[tuple[Kit, str]]:
    """The tasks that the answers leave open, with their domains."""
    given = situation.given
    return [
        (kit, task)
        for kit in situation.catalog.kits.values()
        for task in kit.tasks
        if given.get("domain", kit.id) == kit.id and given.get("task", task) == task
    ]


def chosen_task(situation: Situation) -> Task | None:
    """The task, once domain and task are answered."""
    given = situation.given
    if "domain" not in given or "task" not in given:
        return None
    return situation.catalog.kits[str(given["domain"])].tasks[str(given["task"])]


def chosen_language(given: Given) -> Language | None:
    """The language of the project, once it is answered."""
    return cast("Language | None", given.get("language"))


def chosen_family(given: Given) -> str | None:
    """The family, once it is answered."""
    return cast("str | None", given.get("family"))


def families(situation: Situation) -> list[Family]:
    """The families that the answers leave open."""
    wanted = situation.given.get("family")
    return [one for one in situation.catalog.families.values() if wanted in (None, one.id)]


def family_of(model: str, catalog: Catalog) -> str | None:
    """The family that lists a model; a folder or an unlisted hub id has none."""
    for family in catalog.families.values():
        if any(model in names_of(size) for size in family.sizes):
            return family.id
    return None


def on_hub(model: str) -> bool:
    """Whether a completed answer names a model of a hub: folders are absolute."""
    return model != EMBEDDED and not model.startswith("/")


def names_of(size: Size) -> tuple[str | None, ...]:
    """What a model may be called in the answers."""
    return (size.hub_id, size.modelscope_id, EMBEDDED if size.embedded else None)


def methods(catalog: Catalog) -> Mapping[str, list[Family]]:
    """The methods that families have values for, with those families."""
    found: dict[str, list[Family]] = {}
    for family in catalog.families.values():
        for method in family.targets:
            found.setdefault(method, []).append(family)
    return dict(sorted(found.items()))
