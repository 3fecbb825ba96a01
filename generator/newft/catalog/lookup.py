"""Look up names, model families and methods in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newft.answers.keys import AUTO_GPU, CatalogNames
from newft.schema.catalog import Catalog
from newft.schema.family import EMBEDDED, Family, ModelSpec


def find_family(model: str, catalog: Catalog) -> str | None:
    """The family that lists a model; a folder or an unlisted hub id has none."""
    for family in catalog.families.values():
        if any(model in list_model_names(size) for size in family.sizes):
            return family.id
    return None


def list_model_names(size: ModelSpec) -> tuple[str | None, ...]:
    """What a model may be called in the answers."""
    return (size.hub_id, size.modelscope_id, EMBEDDED if size.embedded else None)


def list_names(kind: CatalogNames, catalog: Catalog, *, domain: str | None = None) -> list[str]:
    """The names of one kind that answers may use; tasks are those of a domain, if one is given."""
    names: Mapping[CatalogNames, Iterable[str]] = {
        "domains": catalog.kits,
        "tasks": [
            task for kit in catalog.kits.values() if domain in (None, kit.id) for task in kit.tasks
        ],
        "families": catalog.families,
        "methods": list_methods(catalog),
        "accelerators": [AUTO_GPU, *catalog.accelerators],
    }
    return list(names[kind])


def list_methods(catalog: Catalog) -> Mapping[str, list[Family]]:
    """The methods that families have values for, with those families."""
    found: dict[str, list[Family]] = {}
    for family in catalog.families.values():
        for method in family.targets:
            found.setdefault(method, []).append(family)
    return dict(sorted(found.items()))
