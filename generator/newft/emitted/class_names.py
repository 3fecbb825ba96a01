"""Names of classes that stand beside records which hold their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CLASS_TYPE = "ClassLabel"  # of a feature, as the library `datasets` calls it

Names = Mapping[str, Sequence[str]]


def find_class_names(features: Mapping[str, object]) -> Names:
    """The names of the classes of each column that has numbers for them."""
    found: dict[str, Sequence[str]] = {}
    for column, feature in features.items():
        inner = feature.get("feature") if isinstance(feature, dict) else None  # of a list
        for one in (feature, inner):
            names = one.get("names") if isinstance(one, dict) else None
            if isinstance(one, dict) and one.get("_type") == CLASS_TYPE and isinstance(names, list):
                found[column] = [str(name) for name in names]
    return found


def name_classes(record: object, names: Names) -> object:
    """A record with the names of its classes instead of their numbers."""
    if not isinstance(record, dict) or not names:
        return record
    return {
        column: _name(value, names[column]) if column in names else value
        for column, value in record.items()
    }


def _name(value: object, names: Sequence[str]) -> object:
    """The name of a number, and those of a list of numbers; -1 says that no class is known."""
    if isinstance(value, list):
        return [_name(one, names) for one in value]
    if isinstance(value, bool) or not isinstance(value, int) or value >= len(names):
        return value
    return names[value] if value >= 0 else None
