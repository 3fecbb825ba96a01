"""YAML with the line of every value, in plain words: each value once, where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from .messages import fill

KeyPath = tuple[str | int, ...]
NO_ANCHORS_MESSAGE = fill("anchors and aliases (& and *) are not taken")
MERGE_TAG = "tag:yaml.org,2002:merge"


class YamlEntry(NamedTuple):
    """A value of a document: its keys, its line, and what is wrong with how it is written."""

    keys: KeyPath
    line: int
    fault: str | None = None


class InvalidYamlError(Exception):
    """Text that is no YAML; `line` is None where the reader does not know it."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


def read_yaml(text: str) -> tuple[Any, list[YamlEntry]]:
    """The value of a document, and all that it holds with their lines."""
    try:
        value, node = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
        shared = [
            YamlEntry((), token.start_mark.line + 1, NO_ANCHORS_MESSAGE)
            for token in yaml.scan(text, Loader=yaml.SafeLoader)
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken)
        ]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidYamlError(error.problem or "", line) from None
    except RecursionError:
        raise InvalidYamlError(fill("it is nested too deeply"), None) from None
    except (ValueError, yaml.YAMLError) as error:  # not UTF-8, or a date that is none
        raise InvalidYamlError(str(error), None) from None
    # an alias shows the value of its anchor again: then only that is told
    return value, shared or list(_walk_nodes(node, (), {}) if node else ())


def _walk_nodes(node: yaml.Node, keys: KeyPath, seen: dict[KeyPath, int]) -> Iterator[YamlEntry]:
    """Every value below a node with its line."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield YamlEntry(keys, line, fill("a key is a word"))
                continue
            inner = (*keys, key.value)
            fault = fill("{key} is there twice", key=".".join(map(str, inner)))
            yield YamlEntry(inner, line, fault if inner in seen else None)
            seen[inner] = line
            if key.tag == MERGE_TAG:
                yield YamlEntry(inner, line, fill("merge keys (<<) are not taken"))
            yield from _walk_nodes(value, inner, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield YamlEntry((*keys, index), value.start_mark.line + 1)
            yield from _walk_nodes(value, (*keys, index), seen)
