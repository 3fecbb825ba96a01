"""The catalogue's YAML files as values; every fault of a file is listed with its line and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from newft.catalog.shared_synonyms import (
    add_shared_synonyms,
    find_unknown_lists,
    load_shared_synonyms,
)
from newft.catalog.strict_yaml import CatalogFile, Fault
from newft.catalog.validate_kit import find_kit_faults
from newft.paths import get_domains_folder, get_templates_folder
from newft.schema.catalog import Catalog
from newft.schema.family import Family
from newft.schema.hardware import Accelerator
from newft.schema.kit import Kit
from newft.text import Text, fold_name


def load_catalog() -> Catalog:
    """Everything that ships with newft."""
    kits = (load_kit(file.parent) for file in sorted(get_domains_folder().glob("*/kit.yaml")))
    return Catalog(
        kits={kit.id: kit for kit in kits},
        families=load_families(get_templates_folder() / "families"),
        accelerators=load_accelerators(get_templates_folder() / "hardware.yaml"),
    )


def load_kit(folder: Path) -> Kit:
    """The domain or kit of a folder; its id is the folder's name."""
    content = CatalogFile.read(folder / "kit.yaml")
    kit = content.build(Kit, given={"id": folder.name, "folder": str(folder)})
    shared = load_shared_synonyms(get_domains_folder())
    content.refuse([*find_kit_faults(kit, folder), *find_unknown_lists(kit, shared)])
    return add_shared_synonyms(kit, shared)


def load_families(folder: Path) -> dict[str, Family]:
    """The model families of a folder by id, which is the file's name."""
    contents = {file.stem: CatalogFile.read(file) for file in sorted(folder.glob("*.yaml"))}
    return {name: content.build(Family, given={"id": name}) for name, content in contents.items()}


def load_accelerators(file: Path) -> dict[str, Accelerator]:
    """The accelerators of a file by id, in its order."""
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
