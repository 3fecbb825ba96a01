"""One strict reader of YAML serves the catalogue, the answers and a project's config."""

from __future__ import annotations

import pytest
import yaml

from newft.emitted import yaml_lines
from newft.emitted.yaml_lines import (
    MAX_YAML_BYTES,
    MAX_YAML_DEPTH,
    YamlEntry,
    YamlError,
    join_keys,
    read_yaml,
)

TEXT = "a: no\nb:\n  - 012\n  - c: ~\n"


def refuse(content: bytes | str) -> list[tuple[int | None, str]]:
    with pytest.raises(YamlError) as caught:
        read_yaml(content)
    return [(fault.line, fault.message.format_map(fault.values)) for fault in caught.value.faults]


def test_every_value_has_its_line_and_its_text_as_it_was_written() -> None:
    document = read_yaml(TEXT)
    assert document.value == {"a": False, "b": [10, {"c": None}]}
    assert document.faults == ()
    assert document.entries == {
        (): YamlEntry(1, "mapping"),
        ("a",): YamlEntry(1, "text", "no"),
        ("b",): YamlEntry(2, "list"),
        ("b", 0): YamlEntry(3, "text", "012"),
        ("b", 1): YamlEntry(4, "mapping"),
        ("b", 1, "c"): YamlEntry(4, "null", "~"),
    }
    assert join_keys(("b", 1, "c")) == "b[1].c"


def test_an_empty_document_is_null() -> None:
    assert read_yaml(b"\xef\xbb\xbf# nothing\n").value is None


def test_keys_that_are_given_twice_are_told_with_the_values() -> None:
    document = read_yaml("a: {b: 1, b: 2}\na: {b: 3}\n")
    assert document.value == {"a": {"b": 3}}
    assert [(fault.line, fault.values["key"]) for fault in document.faults] == [
        (1, "a.b"),
        (2, "a"),
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("a: [b\nc: d]\n", (2, "invalid YAML: expected ',' or ']', but got ':'")),
        ("a: 2026-13-45\n", (None, "invalid YAML: month must be in 1..12")),
        ("b:\n  a: \x07\n", (2, "invalid YAML: unacceptable character #x0007")),
        ("a: !!python/name:os.system x", (1, "invalid YAML: could not determine a constructor")),
        ("a: 1\n---\nb: 2\n", (2, "invalid YAML: but found another document")),
        ("<<: {a: 1}\n", (1, "merge keys (<<) are not supported")),
        ("? [a]\n: b\n", (1, "a key must be text, not a list or a mapping")),
        ("a:\n  b: *c\n", (2, "anchors and aliases (& and *) are not supported")),
        ("a: &b [*b]\n", (1, "anchors and aliases (& and *) are not supported")),
        ("[" * 5_000, (1, f"values are nested more than {MAX_YAML_DEPTH} levels deep")),
        (b"a: 1\nb: \xff\n", (2, "the file is not UTF-8 text")),
        ("#" * (MAX_YAML_BYTES + 1), (None, "the file has more than 1,048,576 bytes")),
        ("a: \udcff", (1, "invalid YAML: unacceptable character")),
    ],
)
@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_what_is_refused_has_its_line_and_its_reason(
    content: bytes | str,
    fault: tuple[int | None, str],
    parser: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(yaml_lines, "_Loader", getattr(yaml, parser))
    line, message = refuse(content)[0]
    assert (line, message[: len(fault[1])]) == fault


def test_every_anchor_is_listed() -> None:
    assert [line for line, _ in refuse("a: &x 1\nb: &y 2\nc: *x\n")] == [1, 2, 3]
