"""Names of columns that domains share: those of public data sets and of protected attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from newft.schema.kit import Field, Kit, PositiveLabel, ProtectedTerms, SynonymList, Task
from newft.strict_yaml import CatalogFile, Fault
from newft.text import Text, find_nearest_names, fold_name


@dataclass(frozen=True)
class SharedSynonyms:
    """The synonym lists by name, and the terms of every protected field."""

    lists: Mapping[str, SynonymList]
    protected: ProtectedTerms


@cache
def load_shared_synonyms(domains: Path) -> SharedSynonyms:
    """Load the synonyms that the kits of a folder share."""
    lists = {}
    for file in sorted((domains / "synonyms").glob("*.yaml")):
        content = CatalogFile.read(file)
        lists[file.stem] = content.build(SynonymList, given={})
        content.refuse(_find_repeated_names(lists[file.stem]))
    content = CatalogFile.read(domains / "protected_terms.yaml")
    return SharedSynonyms(lists, content.build(ProtectedTerms, given={}))


def find_unknown_lists(kit: Kit, shared: SharedSynonyms) -> Iterator[Fault]:
    """Find the synonym lists that a kit includes and nobody wrote."""
    for task_name, task in kit.tasks.items():
        for position, name in enumerate(task.synonym_lists):
            if name not in shared.lists:
                near = (find_nearest_names(name, shared.lists) or [*shared.lists])[0]
                message = Text(
                    f"names no list of `synonyms/`; the nearest is `{near}`",
                    f"不是 `synonyms/` 中的列表，最接近的是 `{near}`",
                )
                yield Fault(("tasks", task_name, "synonym_lists", position), message)


def add_shared_synonyms(kit: Kit, shared: SharedSynonyms) -> Kit:
    """Extend the fields of a kit by the lists that its tasks include and by protected terms."""
    return replace(
        kit, tasks={name: _extend_task(task, shared) for name, task in kit.tasks.items()}
    )


def _extend_task(task: Task, shared: SharedSynonyms) -> Task:
    lists = [shared.lists[name] for name in task.synonym_lists]
    fields = {
        name: _add_protected_terms(_add_lists(field, lists), shared.protected)
        for name, field in task.fields.items()
    }
    positive = _extend_positive(task.positive, lists)
    if positive:
        fields = {name: _add_outcomes(field, positive) for name, field in fields.items()}
    return replace(task, fields=fields, positive=positive)


def _add_outcomes(field: Field, positive: PositiveLabel) -> Field:
    if field.role != "label":
        return field
    return replace(
        field,
        stems=(*positive.stems, *positive.negative_stems),
        negative_stems=positive.negative_stems,
        indeterminate_stems=positive.indeterminate_stems,
    )


def _add_lists(field: Field, lists: list[SynonymList]) -> Field:
    """Append the names and values of the lists; the kit's own come first, which decides ties."""
    return replace(
        field,
        synonyms=_merge(field.synonyms, *(one.columns.get(field.role, ()) for one in lists)),
        typical=_merge(field.typical, *(one.typical.get(field.role, ()) for one in lists)),
    )


def _add_protected_terms(field: Field, terms: ProtectedTerms) -> Field:
    qualifiers = (*terms.qualifiers.person, *terms.qualifiers.form)
    if field.role == "excluded":
        return replace(
            field,
            qualifiers=(*qualifiers, *terms.qualifiers.place),
            identifying=_merge(field.identifying, terms.identifying),
            earlier=_merge(field.earlier, terms.earlier),
        )
    if field.role != "protected":
        return field
    return replace(
        field,
        synonyms=_merge(field.synonyms, terms.synonyms),
        typical=_merge(field.typical, terms.typical),
        ambiguous=_merge(field.ambiguous, terms.ambiguous),
        qualifiers=_merge(field.qualifiers, qualifiers),
        stems=_merge(field.stems, terms.stems),
    )


def _extend_positive(
    positive: PositiveLabel | None, lists: list[SynonymList]
) -> PositiveLabel | None:
    if positive is None:
        return None
    added = [one.positive for one in lists if one.positive]
    return replace(
        positive,
        labels=_merge(positive.labels, *(one.labels for one in added)),
        negative_labels=_merge(positive.negative_labels, *(one.negative_labels for one in added)),
        stems=_merge(positive.stems, *(one.stems for one in added)),
        negative_stems=_merge(positive.negative_stems, *(one.negative_stems for one in added)),
        indeterminate_stems=_merge(
            positive.indeterminate_stems, *(one.indeterminate_stems for one in added)
        ),
    )


def _merge(*names: tuple[str, ...]) -> tuple[str, ...]:
    """Join the names in order, each once."""
    return tuple(dict.fromkeys(name for among in names for name in among))


def _find_repeated_names(one: SynonymList) -> Iterator[Fault]:
    for role, names in one.columns.items():
        met: dict[str, str] = {}
        for position, name in enumerate(names):
            earlier = met.setdefault(fold_name(name), name)
            if earlier != name or names.index(name) != position:
                message = Text(f"repeats `{earlier}`", f"与 `{earlier}` 重复")
                yield Fault(("columns", role, position), message)
