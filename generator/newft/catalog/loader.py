"""Load the YAML files of the catalogue; list every fault of a file with its line and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

from newft import __version__
from newft.catalog.advice_faults import find_advice_faults, find_task_advice_faults
from newft.catalog.kit_answers import SECTIONS, read_kit_answers
from newft.catalog.rollout_rules import load_rollout_rules
from newft.catalog.shared_column_names import (
    add_shared_synonyms,
    find_unknown_lists,
    load_shared_synonyms,
)
from newft.catalog.validate_kit import find_kit_faults
from newft.catalog.validate_starter_kit import find_name_faults, find_starter_kit_faults
from newft.catalog.written_texts import restore_texts
from newft.errors import CatalogError, IncompatibleError
from newft.paths import get_domains_folder, get_templates_folder
from newft.schema.advice import AdviceRules
from newft.schema.catalog import Catalog
from newft.schema.family import Family
from newft.schema.hardware import Accelerator
from newft.schema.kit import Kit, Task
from newft.schema.method import FITTED_VALUES, MethodOverrides, TrainingMethod
from newft.schema.practice import Practice
from newft.schema.roi import Figure, Spread
from newft.strict_yaml import CatalogFile, Fault
from newft.text import Language, Text, fold_name

# of a method that another one is based on
INHERITED = (
    "weight_decay",
    "effective_batch_size",
    "max_effective_batch_size",
    "updates_to_learn",
    "values",
)


@cache
def load_catalog() -> Catalog:
    """Load everything that ships with newft, once in a process."""
    kits = (load_kit(file.parent) for file in sorted(get_domains_folder().glob("*/kit.yaml")))
    methods = load_methods(get_templates_folder() / "methods")
    return Catalog(
        kits={kit.id: kit for kit in kits},
        families=load_families(get_templates_folder() / "families", methods),
        accelerators=load_accelerators(get_templates_folder() / "hardware.yaml"),
        methods=methods,
        advice=load_advice_rules(get_templates_folder() / "advice.yaml"),
        rollout=load_rollout_rules(get_templates_folder() / "rollout.yaml"),
        practices=load_practices(get_templates_folder() / "practice.yaml"),
        figures=load_figures(get_templates_folder() / "roi.yaml"),
    )


def load_kit(folder: Path) -> Kit:
    """Load a domain that ships with newft; its id is the folder's name."""
    content = CatalogFile.read(folder / "kit.yaml")
    kit = content.build(Kit, given={"id": folder.name, "folder": str(folder)})
    shared = load_shared_synonyms(get_domains_folder())
    content.refuse([*find_kit_faults(kit, folder), *find_unknown_lists(kit, shared)])
    return add_shared_synonyms(kit, shared)


def load_starter_kit(
    folder: Path,
    kit_id: str,
    catalog: Catalog,
    *,
    extends_template: bool = False,
    known: Sequence[Fault] = (),
) -> Kit:
    """Load the kit of a folder, which need not be complete: it may extend a domain or a kit.

    `known` are faults that the caller has found, to be reported with all others.
    """
    content = CatalogFile.read(folder / "kit.yaml")
    _check_required_version(content)
    data = restore_texts(content.document, Kit)
    presets, locked = (read_kit_answers(content.document, name) for name in SECTIONS)
    reasons = locked.reasons
    data |= {
        "presets": presets.values,
        "locked": {
            key: {"value": value, "why": reasons.get(key)} for key, value in locked.values.items()
        },
    }
    faults = [*presets.faults, *locked.faults]
    given = {"id": kit_id, "folder": str(folder)}
    try:
        kit = content.build(Kit, given=given, data=data, faults=faults)
    except CatalogError:
        content.build(Kit, given=given, data=data, faults=[*known, *faults])
        raise
    kit = replace(kit, locked={key: one._replace(kit=kit.title) for key, one in kit.locked.items()})
    shared = load_shared_synonyms(get_domains_folder())
    content.refuse(
        [
            *known,
            *faults,
            *find_name_faults(presets.values, presets.places, catalog),
            *find_name_faults(locked.values, locked.places, catalog),
            *find_kit_faults(kit, folder, languages=list_languages(kit)),
            *find_starter_kit_faults(kit, folder, catalog, extends_template=extends_template),
            *find_task_advice_faults(kit, catalog.advice),
            *find_unknown_lists(kit, shared),
        ]
    )
    kit = add_shared_synonyms(kit, shared)
    sample = str(folder / "sample")
    tasks = {
        name: replace(_name_code_owner(task, catalog), sample_folder=sample)
        for name, task in kit.tasks.items()
    }
    return replace(kit, tasks=tasks)


def _name_code_owner(task: Task, catalog: Catalog) -> Task:
    """Name the task of newft whose code and metrics a task uses: its base may use another's."""
    if task.overlay_of is None:
        return task
    domain, _, name = task.overlay_of.partition("/")
    base = catalog.kits[domain].tasks[name]
    return replace(
        task,
        overlay_of=base.overlay_of or task.overlay_of,
        primary_metric=task.primary_metric or base.primary_metric,
    )


def list_languages(kit: Kit) -> tuple[Language, ...]:
    """Return the languages that projects of a kit can have, as far as the kit itself says."""
    locked = kit.locked.get("language")
    return tuple(one for one in get_args(Language) if locked is None or one == locked.value)


def _check_required_version(content: CatalogFile) -> None:
    """Refuse a kit for another newft before its keys, of which this newft may not know all."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    entry = content.document.entries.get(("requires_newft",))
    if entry is None or entry.kind != "text":
        return
    try:
        fits = SpecifierSet(entry.text).contains(__version__, prereleases=True)
    except InvalidSpecifier:
        message = Text(
            f"is `{entry.text}`, not a version specifier such as `>=0.2,<1`",
            f"的 `{entry.text}` 不是 `>=0.2,<1` 这样的版本要求",
        )
        content.refuse([Fault(("requires_newft",), message)])
    else:
        if not fits:
            raise _make_version_error(entry.text, where=f"{content.file}:{entry.line}")


def _make_version_error(wanted: str, *, where: str) -> IncompatibleError:
    message = Text(
        f"the kit requires newft {wanted}, and this is newft {__version__}",
        f"套件要求 newft {wanted}，而当前是 newft {__version__}",
    )
    hint = Text(
        f"install another newft: pip install 'newft{wanted}', or use another revision of the kit",
        f"请安装其他版本：pip install 'newft{wanted}'，或改用套件的其他版本",
    )
    return IncompatibleError(message, where=where, hint=hint)


def load_methods(folder: Path) -> dict[str, TrainingMethod]:
    """Load the training methods of a folder by id, which is the file's name."""
    files = {file.stem: CatalogFile.read(file) for file in sorted(folder.glob("*.yaml"))}
    return {
        name: file.build(TrainingMethod, given={"id": name}, data=_complete_method(file, files))
        for name, file in files.items()
    }


def _complete_method(file: CatalogFile, files: Mapping[str, CatalogFile]) -> Mapping[str, object]:
    """Return a method's keys, completed by those of the method that it is based on."""
    own: Mapping[str, Any] = file.document.value
    base = files.get(str(own.get("based_on")))
    if base is None:
        return own
    usual = {name: base.document.value[name] for name in INHERITED if name in base.document.value}
    without = own.get("without") or ()
    values = {name: value for name, value in usual.get("values", {}).items() if name not in without}
    return {**usual, **own, "values": {**values, **own.get("values", {})}}


def load_practices(file: Path) -> dict[str, Practice]:
    """Load what others use."""
    return CatalogFile.read(file).build_mapping(Practice, key="id")


def load_advice_rules(file: Path) -> AdviceRules:
    """Load the factors of the advice, its points and its vetoes."""
    content = CatalogFile.read(file)
    rules = content.build(AdviceRules, given={})
    content.refuse(find_advice_faults(rules))
    return rules


def load_figures(file: Path) -> dict[str, Figure]:
    """Load the figures of the cash flow, with their defaults."""
    content = CatalogFile.read(file)
    figures = content.build_mapping(Figure, key="id")
    content.refuse(_find_unordered_spreads(figures))
    return figures


def _find_unordered_spreads(figures: Mapping[str, Figure]) -> Iterator[Fault]:
    for name, figure in figures.items():
        spreads: list[tuple[tuple[str, ...], Spread | None]] = [
            (("default",), figure.default),
            *((("money", key), one) for key, one in (figure.money or {}).items()),
            *(
                (("accelerators", key, "value"), one.value)
                for key, one in figure.accelerators.items()
            ),
        ]
        for path, spread in spreads:
            if spread and not spread.low <= spread.base <= spread.high:
                message = Text("should rise from `low` to `high`", "应从 `low` 到 `high` 递增")
                yield Fault((name, *path), message)


def load_families(folder: Path, methods: Mapping[str, TrainingMethod]) -> dict[str, Family]:
    """Load the model families of a folder by id, which is the file's name."""
    families = {}
    for file in sorted(folder.glob("*.yaml")):
        content = CatalogFile.read(file)
        family = content.build(Family, given={"id": file.stem})
        content.refuse(_find_override_faults(family, methods))
        families[file.stem] = family
    return families


def _find_override_faults(family: Family, methods: Mapping[str, TrainingMethod]) -> Iterator[Fault]:
    """Yield the overrides of a family or of its models that name no value of the method."""
    owners: list[tuple[tuple[str | int, ...], Mapping[str, MethodOverrides]]] = [
        ((), family.methods),
        *((("sizes", number), size.methods) for number, size in enumerate(family.sizes)),
    ]
    for path, overrides in owners:
        for method, override in overrides.items():
            place = (*path, "methods", method)
            if method not in methods:
                yield Fault(place, Text("is not a training method", "不是训练方法"))
                continue
            defaults = methods[method].values
            for name, sourced in override.values.items():
                if name in FITTED_VALUES:
                    continue
                if name not in defaults:
                    yield Fault(
                        (*place, "values", name),
                        Text(f"is not a value of `{method}`", f"不是 `{method}` 的参数"),
                    )
                elif isinstance(sourced.value, str) and not isinstance(defaults[name].value, str):
                    yield Fault(
                        (*place, "values", name, "value"),
                        Text("should be a number, not text", "应为数字，不是文本"),
                    )


def load_accelerators(file: Path) -> dict[str, Accelerator]:
    """Load the accelerators of a file by id, in their order in the file."""
    content = CatalogFile.read(file)
    accelerators = content.build_mapping(Accelerator, key="id")
    content.refuse(_find_ambiguous_names(accelerators))
    return accelerators


def _find_ambiguous_names(accelerators: Mapping[str, Accelerator]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for accelerator in accelerators.values():
        for name in (accelerator.id, *accelerator.aliases):
            owner = owners.setdefault(fold_name(name), accelerator.id)
            if owner != accelerator.id:
                yield Fault((accelerator.id,), _explain_shared_name(name, owner))


def _explain_shared_name(name: str, owner: str) -> Text:
    return Text(f"has the same name `{name}` as `{owner}`", f"的名称 `{name}` 与 `{owner}` 相同")
