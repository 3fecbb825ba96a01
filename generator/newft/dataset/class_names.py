"""Read the names of label codes that a file declares, as published data sets do (`ClassLabel`).

JSON of a data set server and Parquet files describe their columns: a column of classes holds
numbers, and the description the name of each.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from newft.dataset.column_mapping import DataFile
from newft.emitted.file_access import open_text

MAX_FEATURES_CHARS = 1_000_000  # of a JSON document: the description stands before the rows
MAX_CLASSES = 1_000
MARK = "ClassLabel"

_FEATURES_PATTERN = re.compile(r'"features"\s*:\s*(?=[\[{])')
_PARQUET_KEY = b"huggingface"

ClassNames = Mapping[str, tuple[str, ...]]  # column -> the name of 0, 1, 2 ...


def read_class_names(source: DataFile) -> ClassNames:
    """Read what the file says of its columns of classes; nothing where it says nothing."""
    try:
        features = _read_features(source)
    except (ValueError, RecursionError):
        return {}  # the description is broken: the rows may be well all the same
    named = ((str(name), _read_names(kind)) for name, kind in _list_features(features))
    return {name: names for name, names in named if names}


def _read_features(source: DataFile) -> object:
    if source.layout.kind == "parquet":
        parquet: Any = importlib.import_module("pyarrow.parquet")
        metadata = parquet.read_schema(source.path).metadata or {}
        described = json.loads(metadata.get(_PARQUET_KEY, b"{}"))
        info = described.get("info") if isinstance(described, dict) else None
        return info.get("features") if isinstance(info, dict) else None
    if source.layout.kind != "json":
        return None
    with open_text(source.path, source.layout.encoding) as lines:
        start = lines.read(MAX_FEATURES_CHARS)
    found = _FEATURES_PATTERN.search(start) if MARK in start else None
    return json.JSONDecoder().raw_decode(start, found.end())[0] if found else None


def _list_features(features: object) -> Iterable[tuple[object, object]]:
    """List the columns with their types: of an object, or of a list of objects with a name."""
    if isinstance(features, dict):
        return features.items()
    listed = features if isinstance(features, list) else []
    return [(one.get("name"), one.get("type")) for one in listed if isinstance(one, dict)]


def _read_names(kind: object) -> tuple[str, ...]:
    if not isinstance(kind, dict) or kind.get("_type") != MARK:
        return ()
    names = kind.get("names")
    if not isinstance(names, list) or not 2 <= len(names) <= MAX_CLASSES:
        return ()
    return tuple(names) if all(isinstance(name, str) for name in names) else ()
