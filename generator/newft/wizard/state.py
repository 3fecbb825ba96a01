"""What is known when a question comes up, and whether the names in it exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from newft.answers.keys import (
    ANSWER_KEYS,
    COLUMNS_PREFIX,
    RawAnswers,
    get_columns,
    make_unknown_name_error,
)
from newft.catalog.lookup import find_family, list_names
from newft.errors import IncompatibleError
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts
from newft.schema.family import Family, is_hub_model
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.kit import Kit, Task
from newft.schema.reasoned import Reasoned
from newft.text import Language, Text, join_texts, to_bilingual_text

# The keys whose values must be names of the catalogue.
_STRICT_NAMES = {
    entry.key: entry.names for entry in ANSWER_KEYS if entry.names and not entry.allow_other
}


@dataclass(frozen=True)
class WizardState:
    """What is known so far."""

    catalog: Catalog
    given: RawAnswers = field(default_factory=dict)
    fits: tuple[str, ...] | None = None  # domain/task of the files, told by their content
    data: DataFacts | None = None  # as measured
    hardware: Hardware | None = None  # that the answers name
    model: Reasoned[str] | None = None  # suggested for hardware and language
    machine: MachineFacts | None = None  # this one
    folder: str | None = None  # that the project goes to, where a project can be called so
    interface: Language = "en"  # of the conversation


def check_state(situation: WizardState) -> None:
    """Nothing, or the error of the first answer that names what is not there."""
    given = situation.given
    domain = cast("str | None", given.get("domain"))
    for key, kind in _STRICT_NAMES.items():
        names = list_names(kind, situation.catalog, domain=domain)
        if key in given and given[key] not in names:
            raise make_unknown_name_error(str(given[key]), names, where=key)
    _check_family(situation)
    _check_hub(given)
    if task := get_chosen_task(situation):
        for name in get_columns(given):
            if name not in task.single_fields:
                raise make_unknown_name_error(
                    name, task.single_fields, where=f"{COLUMNS_PREFIX}{name}"
                )


def _check_family(situation: WizardState) -> None:
    model, family = situation.given.get("model"), situation.given.get("family")
    owner = find_family(str(model), situation.catalog)
    if family and owner not in (None, family):
        raise IncompatibleError(
            Text(
                f"`{model}` belongs to the family {owner}, not {family}",
                f"`{model}` 属于 {owner} 系列，而不是 {family}",
            ),
            where="family",
            hint=to_bilingual_text(f"--family {owner}"),
        )


def _check_hub(given: RawAnswers) -> None:
    """Refuse what is said of a hub where the model comes from none."""
    model = str(given.get("model", ""))
    said = [key for key in ("hub", "revision") if key in given]
    if said and model and not is_hub_model(model):
        both = Text(" and ", " 和 ")
        what = join_texts((to_bilingual_text(f"--{key} {given[key]}") for key in said), both)
        drop = join_texts((to_bilingual_text(f"--{key}") for key in said), both)
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


def list_open_tasks(situation: WizardState) -> list[tuple[Kit, str]]:
    """The tasks that the answers leave open, with their domains."""
    given = situation.given
    return [
        (kit, task)
        for kit in situation.catalog.kits.values()
        for task in kit.tasks
        if given.get("domain", kit.id) == kit.id and given.get("task", task) == task
    ]


def get_chosen_task(situation: WizardState) -> Task | None:
    """The task, once domain and task are answered."""
    given = situation.given
    if "domain" not in given or "task" not in given:
        return None
    return situation.catalog.kits[str(given["domain"])].tasks[str(given["task"])]


def get_chosen_language(given: RawAnswers) -> Language | None:
    """The language of the project, once it is answered."""
    return cast("Language | None", given.get("language"))


def get_chosen_family(given: RawAnswers) -> str | None:
    """The family, once it is answered."""
    return cast("str | None", given.get("family"))


def list_open_families(situation: WizardState) -> list[Family]:
    """The families that the answers leave open."""
    wanted = situation.given.get("family")
    return [one for one in situation.catalog.families.values() if wanted in (None, one.id)]
