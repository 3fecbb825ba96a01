"""The records of a JSON document, and the columns of a record that holds lists and objects."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

from .annotations import drop_guesses, lacks_annotations, read_annotations, read_pairs
from .class_names import find_class_names, name_classes
from .given_splits import SPLIT_FIELD, find_file_split, names_splits
from .record_shapes import (
    expand_records,
    find_expansion,
    read_turns,
    read_wrapped,
)

__all__ = [
    "expand_records",
    "find_expansion",
    "find_records",
    "flatten",
    "is_chat",
    "lacks_annotations",
]

MAX_OBJECT_DEPTH = 6  # of a record: deeper objects stay objects, which no task reads
MAX_COLUMNS = 1_000  # of a record: an object with more keys is an index of things, not a record
MAX_LISTED_OBJECTS = 100  # whose values become lists; a longer list is data of its own
MAX_DOCUMENT_DEPTH = 6  # levels of objects around the records
MAX_KEYS_SEARCHED = 1_000  # of an object that surrounds the records
ROWS_INSPECTED = 100  # that say how a list is built
MAX_HEADER_CHARS = 60  # of a column name; a longer first cell is a text
MAX_VALUES_COUNTED = 200  # of a record, to compare the texts of lists of records
MIN_SHARED_KEYS = 0.5  # of the keys of two records in an object by id: fewer are no records

Record = Mapping[str, object]


class Collection(NamedTuple):
    """Records, and the path of their place in the document: `data.items`, or nothing."""

    records: Sequence[object]
    path: str


def find_records(document: object) -> tuple[Collection, list[Collection]]:
    """The records of a document, and other lists that are left out.

    The list with the most text is taken, or one of a known shape, such as labels with examples:
    others describe fields, users or pages.
    """
    found: list[Collection] = []
    beside: dict[str, list[Collection]] = {}  # what stands beside splits, by their path
    pending = [("", document)]
    for _ in range(MAX_DOCUMENT_DEPTH):
        inner: list[tuple[str, object]] = []
        for path, value in pending:
            if isinstance(value, dict) and (parts := _find_split_parts(value)):
                found.append(_join_splits(path, parts))
                beside[found[-1].path] = _list_beside(path, value, parts)
            elif (records := _read_part(value)) is not None:
                found.append(Collection(records, path))
            elif isinstance(value, dict):
                members = islice(value.items(), MAX_KEYS_SEARCHED)
                inner += [(_join_path(path, key), one) for key, one in members]
        pending = inner
    if not found:
        alone = document if isinstance(document, list) else [document]
        return Collection(alone, ""), []
    best = max(
        found, key=lambda one: (bool(find_expansion(one.records)), _count_characters(one.records))
    )
    others = [one for one in found if one is not best]
    return best, [*others, *beside.get(best.path, ())]


def _join_path(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def is_chat(value: object) -> bool:
    """Whether a value is the turns of a chat."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) for one in value)
        and bool(read_turns(value))
    )


def flatten(record: Record) -> dict[str, object]:
    """The columns of a record: objects become dotted ones, such as `meta.accusation`."""
    columns: dict[str, object] = {}
    pending = [(name, value, 1) for name, value in reversed([*drop_guesses(record).items()])]
    while pending:
        name, value, depth = pending.pop()
        inner = _expand(name, value)
        fits = len(columns) + len(pending) + len(inner or ()) <= MAX_COLUMNS
        if inner is None or not fits or depth > MAX_OBJECT_DEPTH:
            columns.setdefault(name, value)
        else:
            pending += [(one, inner[one], depth + 1) for one in reversed(inner)]
    return columns


def _expand(name: str, value: object) -> dict[str, object] | None:
    """The columns of an object or of a list of objects; None for anything else."""
    if isinstance(value, dict):
        if (wrapped := read_wrapped(name, value)) is not None:
            return {name: wrapped}
        return {f"{name}.{key}": inner for key, inner in value.items()}
    if not isinstance(value, list) or not value or len(value) > MAX_LISTED_OBJECTS:
        return None
    if not all(isinstance(one, dict) for one in value):
        return None
    read = (read_turns, read_annotations, read_pairs, _gather)
    columns = next(filter(None, (one(value) for one in read)), None)
    return {f"{name}.{key}": inner for key, inner in columns.items()} if columns else None


def _gather(objects: Sequence[Record]) -> dict[str, object]:
    """The texts and numbers of a list of objects, a list for each key."""
    keys = dict.fromkeys(key for one in objects for key in one)
    if len(keys) > MAX_COLUMNS:
        return {}
    gathered = {key: [one.get(key) for one in objects] for key in keys}
    return {
        key: values
        for key, values in gathered.items()
        if not any(isinstance(value, (list, dict)) for value in values)
    }


def _read_part(value: object) -> Sequence[object] | None:
    """The records of a list or an object that is not divided into splits."""
    if isinstance(value, list):
        return _read_list(value)
    if not isinstance(value, dict) or not value:
        return None
    for read in (_read_viewer, _read_split_orient, _read_columns, _read_objects, _read_classes):
        if (records := read(value)) is not None:
            return records
    return None


def _read_list(rows: Sequence[object]) -> Sequence[object] | None:
    """The records of a list of objects, of rows that wrap them, or of lists of cells."""
    first = rows[:ROWS_INSPECTED]
    if not any(isinstance(one, (dict, list)) for one in first):
        return None
    if all(isinstance(one, dict) and isinstance(one.get("row"), dict) for one in first):
        return [one.get("row") if isinstance(one, dict) else one for one in rows]
    lists = [one for one in first if isinstance(one, list)]
    if len(lists) * 2 <= len(first):
        return rows
    if all(map(_is_annotated_text, first)):
        return [_read_annotated_text(one) for one in rows]
    if any(isinstance(cell, dict) for one in lists for cell in one):
        return [*chain.from_iterable(one for one in rows if isinstance(one, list))]
    return _read_cells(rows)


def _read_viewer(document: Record) -> Sequence[object] | None:
    """The records of rows with their features, as the dataset viewer of a hub answers."""
    rows, features = document.get("rows"), document.get("features")
    if isinstance(features, list):
        named = [one for one in features if isinstance(one, dict)]
        features = {str(one.get("name")): one.get("type") for one in named}
    if not isinstance(rows, list) or not isinstance(features, dict):
        return None
    names = find_class_names(features)
    wrapped = _read_list(rows)
    return None if wrapped is None else [name_classes(one, names) for one in wrapped]


def _is_annotated_text(value: object) -> bool:
    """Whether a value is a text and an object that says more of it, as spaCy is taught."""
    pair = value if isinstance(value, list) and len(value) == 2 else (None, None)
    return isinstance(pair[0], str) and isinstance(pair[1], dict)


def _read_annotated_text(value: object) -> object:
    if isinstance(value, list) and _is_annotated_text(value):
        return {"text": value[0]} | value[1]
    return None


def _read_cells(rows: Sequence[object]) -> Sequence[object]:
    """The records of lists of cells; the first list may name the columns."""
    names, first = None, rows[0]
    if isinstance(first, list) and _is_header(first, rows[1:]):
        names, rows = [str(cell) for cell in first], rows[1:]
    width = max(len(one) for one in rows[:ROWS_INSPECTED] if isinstance(one, list)) if rows else 0
    return _name_cells(names or [f"column_{place}" for place in range(1, width + 1)], rows)


def _is_header(cells: Sequence[object], rows: Sequence[object]) -> bool:
    """Whether cells are short texts that differ, and that no later row repeats in its column."""
    names = [cell for cell in cells if isinstance(cell, str) and 0 < len(cell) <= MAX_HEADER_CHARS]
    if len({*names}) != len(cells):
        return False
    pairs = (
        (n, c) for row in rows if isinstance(row, list) for n, c in zip(names, row, strict=False)
    )
    return all(name != cell for name, cell in pairs)


def _name_cells(names: Sequence[str], rows: Sequence[object]) -> list[object]:
    """Lists of cells as records; None for one that does not fit the columns."""
    return [
        dict(zip(names, row, strict=True))
        if isinstance(row, list) and len(row) == len(names)
        else None
        for row in rows
    ]


def _read_split_orient(document: Record) -> Sequence[object] | None:
    """The records of column names beside lists of cells, as pandas writes them."""
    names, rows = document.get("columns"), document.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not rows:
        return None
    if not names or not isinstance(rows[0], list):
        return None
    return _name_cells([str(name) for name in names], rows)


def _read_columns(document: Record) -> Sequence[object] | None:
    """The records of an object of columns: lists of one length, or objects by row."""
    lists = [one for one in document.values() if isinstance(one, list)]
    objects = [one for one in document.values() if isinstance(one, dict)]
    if len(document) < 2 or len(document) not in (len(lists), len(objects)):
        return None
    if lists:
        if len({*map(len, lists)}) > 1 or len(lists[0]) < 2 or any(map(_holds_objects, lists)):
            return None
        return [dict(zip(document, row, strict=True)) for row in zip(*lists, strict=True)]
    rows = [*objects[0]]
    if not _are_row_keys(rows, [*document]) or any(
        one.keys() != objects[0].keys() for one in objects
    ):
        return None
    return [dict(zip(document, (one[row] for one in objects), strict=True)) for row in rows]


def _are_row_keys(inner: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether the inner keys of an object of objects number its rows, and the outer do not."""
    numbered, rows_outside = all(map(str.isdecimal, inner)), all(map(str.isdecimal, outer))
    return numbered if numbered != rows_outside else len(inner) > len(outer)


def _find_split_parts(document: Record) -> dict[str, Sequence[object]]:
    """The records by the key that names their split; none where keys do not.

    Other keys may stand beside those of training and of a split that is held out.
    """
    if not 2 <= len(document) <= MAX_KEYS_SEARCHED:
        return {}
    splits = {name: split for name in document if (split := find_file_split(name))}
    parts = {name: records for name in splits if (records := _read_part(document[name]))}
    whole = len(parts) == len(document)
    return parts if whole or names_splits(map(splits.get, parts)) else {}


def _join_splits(path: str, parts: Mapping[str, Sequence[object]]) -> Collection:
    """The records of all splits, each with the name of its own."""
    records = [
        {**one, SPLIT_FIELD: find_file_split(name)} if isinstance(one, dict) else one
        for name, among in parts.items()
        for one in among
    ]
    return Collection(records, ", ".join(_join_path(path, name) for name in parts))


def _list_beside(path: str, document: Record, parts: Mapping[str, object]) -> list[Collection]:
    """What is not read of an object with splits: lists of records, and single values."""
    return [
        Collection(_read_part(value) or (), _join_path(path, name))
        for name, value in document.items()
        if name not in parts
    ]


def _read_objects(document: Record) -> Sequence[object] | None:
    """The records of an object by id; their keys are alike."""
    members = [one for one in document.values() if isinstance(one, dict)]
    if len(members) < 2 or len(members) < len(document):
        return None
    shared = {*members[0]} & {*members[1]}
    if len(shared) < MIN_SHARED_KEYS * min(len(members[0]), len(members[1])) or not shared:
        return None
    return [{"id": key} | one for key, one in document.items() if isinstance(one, dict)]


def _read_classes(document: Record) -> Sequence[object] | None:
    """The records of an object that lists the texts of each label."""
    if len(document) < 2 or not all(map(_is_list_of_texts, document.values())):
        return None
    return [{"text": text, "label": label} for label, text in _iterate_members(document)]


def _iterate_members(document: Record) -> Iterator[tuple[str, object]]:
    for name, members in document.items():
        if isinstance(members, list):
            yield from ((name, member) for member in members)


def _is_list_of_texts(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(one, str) for one in value[:ROWS_INSPECTED])
    )


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value[:ROWS_INSPECTED])


def _count_characters(records: Sequence[object]) -> float:
    """About how much text the records hold, in their lists and objects too; they count as well."""
    first = records[:ROWS_INSPECTED]
    return len(records) * (1 + sum(map(_count_texts, first)) / max(len(first), 1))


def _count_texts(record: object) -> int:
    """The characters of the first texts in a record."""
    characters, pending = 0, deque([record])
    for _ in range(MAX_VALUES_COUNTED):
        if not pending:
            break
        value = pending.popleft()
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, (list, dict)):
            inner = value.values() if isinstance(value, dict) else value
            pending.extend(islice(inner, MAX_VALUES_COUNTED))
    return characters
