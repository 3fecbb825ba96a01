"""Strict YAML: a document with the line of every value, and what is refused in it.

A value stands where it is used, once: anchors, aliases and merge keys are refused, and so are equal
keys in one mapping, of which YAML itself would drop the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import yaml

# The largest file that is read: a megabyte holds thousands of labels, and is parsed in a second.
MAX_YAML_BYTES = 1 << 20
# Levels of lists and mappings, far more than settings need; a parser recurses once a level.
MAX_YAML_DEPTH = 20

INVALID_YAML_MESSAGE = "invalid YAML: {problem}"
MARKERS_MESSAGE = "the file has merge conflict markers: resolve them"
TOO_LARGE_MESSAGE = "the file has more than {limit:,} bytes"

KeyPath = tuple[str | int, ...]
NodeKind = Literal["text", "null", "list", "mapping"]
_NULL_TAG = "tag:yaml.org,2002:null"
_MERGE_TAG = "tag:yaml.org,2002:merge"
# The parser in C is several times faster; some builds of PyYAML lack it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlEntry(NamedTuple):
    """Where a value stands, and how it is written."""

    line: int  # of its key, or of the value itself in a list
    kind: NodeKind
    text: str = ""  # of a scalar, as it was written


class YamlFault(NamedTuple):
    """What is refused: a constant text whose `{names}` the values fill in, and its line."""

    message: str
    line: int | None
    values: Mapping[str, object] = {}


class YamlDocument(NamedTuple):
    """The value of a document, its entries by key path, and the keys that are given twice."""

    value: Any
    entries: Mapping[KeyPath, YamlEntry]
    faults: Sequence[YamlFault]


class YamlError(Exception):
    """A document that is not read at all, with every reason."""

    def __init__(self, *faults: YamlFault) -> None:
        super().__init__("; ".join(fault.message.format_map(fault.values) for fault in faults))
        self.faults = faults


def read_yaml(content: bytes | str) -> YamlDocument:
    """Read one document; a key that is given twice is a fault of it, all else is a YamlError."""
    text = _decode_text(content)
    try:
        loader = _Loader(text)
        if refused := tuple(_find_refused_events(yaml.parse(text, Loader=_Loader))):
            raise YamlError(*refused)
        node = loader.get_single_node()
        if node is None:
            return YamlDocument(None, {(): YamlEntry(1, "null")}, ())
        if refused := tuple(_find_refused_keys(node)):
            raise YamlError(*refused)
        entries: dict[KeyPath, YamlEntry] = {(): _describe_node(node, node)}
        faults = tuple(_collect_entries(node, (), entries))
        return YamlDocument(loader.construct_document(node), entries, faults)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: such as a date in month 13
        raise YamlError(*_explain_error(text, error)) from error


def join_keys(keys: KeyPath) -> str:
    """The path of a value as a person writes it: `data.files[2]`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(parts).removeprefix(".")


def _decode_text(content: bytes | str) -> str:
    if len(content) > MAX_YAML_BYTES:
        raise YamlError(YamlFault(TOO_LARGE_MESSAGE, None, {"limit": MAX_YAML_BYTES}))
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(YamlFault("the file is not UTF-8 text: save it as UTF-8", line)) from error


def _explain_error(text: str, error: yaml.YAMLError | ValueError) -> tuple[YamlFault, ...]:
    """The reasons of a parser's error, in the words of the parser in Python, which says more."""
    if marker := re.search(r"^<{7}( |$)", text, re.MULTILINE):
        return (YamlFault(MARKERS_MESSAGE, text.count("\n", 0, marker.start()) + 1),)
    try:
        if refused := tuple(_find_refused_events(yaml.parse(text, Loader=yaml.SafeLoader))):
            return refused
    except yaml.YAMLError as explained:
        error = explained
    problem, line = str(error), None
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        problem, line = error.problem or problem, error.problem_mark.line + 1
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
    problem = problem.partition("\n")[0]
    return (YamlFault(INVALID_YAML_MESSAGE, line, {"problem": problem}),)


def _find_refused_events(events: Iterator[yaml.Event]) -> Iterator[YamlFault]:
    """Anchors, aliases and deep nesting, found before a parser spends time or memory on them."""
    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else None
        if getattr(event, "anchor", None):
            yield YamlFault(
                "anchors and aliases (& and *) are not supported: write the value itself", line
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:
            yield YamlFault(
                "values are nested more than {levels} levels deep",
                line,
                {"levels": MAX_YAML_DEPTH},
            )
            return


def _find_refused_keys(node: yaml.Node) -> Iterator[YamlFault]:
    """Keys that are not text, and merge keys."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _find_refused_keys(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield YamlFault("a key must be text, not a list or a mapping", line)
            elif key.tag == _MERGE_TAG:
                yield YamlFault(
                    "merge keys (<<) are not supported: write the keys themselves", line
                )
            yield from _find_refused_keys(value)


def _collect_entries(
    node: yaml.Node, keys: KeyPath, entries: dict[KeyPath, YamlEntry]
) -> Iterator[YamlFault]:
    """Add all values below a node to `entries`; yield the keys that are given twice."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            inner: KeyPath = (*keys, index)
            entries[inner] = _describe_node(item, item)
            yield from _collect_entries(item, inner, entries)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            inner = (*keys, key.value)
            if key.value in seen:
                line = key.start_mark.line + 1
                yield YamlFault("`{key}` is given twice", line, {"key": join_keys(inner)})
            seen.add(key.value)
            entries[inner] = _describe_node(key, value)
            yield from _collect_entries(value, inner, entries)


def _describe_node(place: yaml.Node, node: yaml.Node) -> YamlEntry:
    """The entry of a node; its line is that of `place`."""
    line = place.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return YamlEntry(line, "mapping")
    if isinstance(node, yaml.SequenceNode):
        return YamlEntry(line, "list")
    return YamlEntry(line, "null" if node.tag == _NULL_TAG else "text", node.value)
