"""Read texts of a kit as they are written, and one text for both languages.

YAML reads `1.10` as a number and `no` as false; where a kit needs a text, what is written counts.
A text that is not given by language, such as `title: House style`, holds for both.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from newft.emitted.yaml_lines import KeyPath, YamlDocument
from newft.text import Text


def restore_texts(document: YamlDocument, kind: Any) -> Any:
    """Return the value of a document with its texts as written, where the type wants texts."""
    return _Reader(document).restore((), document.value, kind)


class _Reader:
    def __init__(self, document: YamlDocument) -> None:
        self._entries = document.entries
        self._children: dict[KeyPath, list[str | int]] = {}
        for keys in document.entries:
            if keys:
                self._children.setdefault(keys[:-1], []).append(keys[-1])

    def restore(self, keys: KeyPath, value: Any, kind: Any) -> Any:
        """Return the value at `keys`, of which the type is `kind`."""
        options = _list_options(kind)
        if isinstance(value, dict):
            return self._restore_mapping(keys, value, options)
        if isinstance(value, list):
            inner = next((get_args(one)[0] for one in options if get_origin(one) is tuple), Any)
            return [self.restore((*keys, number), item, inner) for number, item in enumerate(value)]
        entry = self._entries[keys]
        if entry.kind == "null" or not any(_is_text(one) for one in options):
            return value
        if Text in options:
            return {"en": entry.text, "zh": entry.text}
        return entry.text

    def _restore_mapping(
        self, keys: KeyPath, value: Mapping[Any, Any], options: tuple[Any, ...]
    ) -> dict[Any, Any]:
        written = self._children.get(keys, [])
        if len(written) != len(value):  # two spellings of one key, such as `yes` and `on`
            return dict(value)
        kind = next((one for one in options if _is_mapping(one)), Any)
        return {
            key: self.restore((*keys, key), item, _get_value_type(kind, key))
            for key, item in zip(written, value.values(), strict=True)
        }


def _list_options(kind: Any) -> tuple[Any, ...]:
    """Return the types that a union allows, or the one type."""
    if get_origin(kind) in (Union, types.UnionType):
        return get_args(kind)
    return (kind,)


def _is_text(kind: Any) -> bool:
    return kind in (str, Text) or get_origin(kind) is Literal


def _is_mapping(kind: Any) -> bool:
    return is_dataclass(kind) or hasattr(kind, "_fields") or get_origin(kind) is Mapping


def _get_value_type(kind: Any, key: str | int) -> Any:
    if get_origin(kind) is Mapping:
        return get_args(kind)[1]
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return _get_hints(kind).get(str(key), Any)
    return Any


@cache
def _get_hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else kind._fields
    return {name: hints[name] for name in names}
