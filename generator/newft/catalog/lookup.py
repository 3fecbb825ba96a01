"""Look up names, model families and methods in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newft.answers.keys import AUTO_GPU, CatalogNames
from newft.schema.catalog import Catalog
from newft.schema.family import EMBEDDED, GENERIC_FAMILY, Family, ModelSpec
from newft.schema.method import MethodOverrides, MethodValue


def find_family(model: str, catalog: Catalog) -> str | None:
    """Return the family that lists a model; None for a folder or an unlisted hub id."""
    for family in catalog.families.values():
        if any(model in list_model_names(size) for size in family.sizes):
            return family.id
    return None


def find_size(model: str, catalog: Catalog) -> ModelSpec | None:
    """Return what the catalogue knows of a model that it lists."""
    sizes = (size for family in catalog.families.values() for size in family.sizes)
    return next((size for size in sizes if model in list_model_names(size)), None)


def list_model_names(size: ModelSpec) -> tuple[str | None, ...]:
    """Return the names that answers can use for a model."""
    return (size.hub_id, size.modelscope_id, EMBEDDED if size.embedded else None)


def list_names(kind: CatalogNames, catalog: Catalog, *, domain: str | None = None) -> list[str]:
    """Return the catalogue names of one kind; only the tasks of `domain` if it is given."""
    names: Mapping[CatalogNames, Iterable[str]] = {
        "domains": catalog.kits,
        "tasks": [
            task for kit in catalog.kits.values() if domain in (None, kit.id) for task in kit.tasks
        ],
        "families": [*catalog.families, GENERIC_FAMILY],
        "methods": catalog.methods,
        "accelerators": [AUTO_GPU, *catalog.accelerators],
    }
    return list(names[kind])


def list_target_modules(family: Family, catalog: Catalog) -> Mapping[str, MethodValue]:
    """Return the target modules of a family for each method that trains selected modules."""
    found = {}
    for method in catalog.methods.values():
        based_on = family.methods.get(method.based_on or method.id, MethodOverrides()).values
        own = family.methods.get(method.id, MethodOverrides()).values
        values = {**method.values, **based_on, **own}
        if "target_modules" in values:
            found[method.id] = values["target_modules"].value
    return found
