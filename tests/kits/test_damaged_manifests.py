"""Whatever stands in a kit.yaml, the kit is read, or refused with the place of a fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from newft.errors import NewftError
from newft.kits.resolve import resolve_kit
from support.checkout import REPOSITORY
from support.generate_project import catalog
from support.kit_folders import locate_folder

KITS = REPOSITORY / "tests/cases/kits"
VALUES: list[Any] = [
    *("", "x", "a/b", "../x", "/", "(", "lora", "2024-01-01", "\U0001f600"),
    *(None, True, 5, -1, 1.5, [], {}, [1], ["a"], [[]], [{}]),
    *({"a": 1}, {"en": "a"}, {"en": "a", "zh": "b"}, {"value": "lora"}, {"yes": 1, "on": 2}),
]
KEYS = ["tasks", "task_changes", "extends", "presets", "locked", "policy", "layers", "id", "folder"]


@cache
def load(name: str) -> Any:
    return yaml.safe_load((KITS / name / "kit.yaml").read_text("utf-8"))


def list_paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = node.items() if isinstance(node, dict) else ()
    for key, value in enumerate(node) if isinstance(node, list) else items:
        yield from list_paths(value, (*at, key))


def put(node: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A copy of nested data with another value at a path."""
    if not at:
        return value
    changed = dict(node) if isinstance(node, dict) else list(node)
    changed[at[0]] = put(node[at[0]], at[1:], value)
    return changed


@st.composite
def manifests(draw: st.DrawFn) -> tuple[str, Any]:
    """The kit.yaml of an example with one or two values replaced, or a key added."""
    name = draw(st.sampled_from(["bank", "house", "insurance_claims"]))
    data = load(name)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.sampled_from([*list_paths(data)]))
        data = put(data, at, draw(st.sampled_from(VALUES)))
    if isinstance(data, dict) and draw(st.booleans()):
        data = {**data, draw(st.sampled_from(KEYS)): draw(st.sampled_from(VALUES))}
    return name, data


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(KITS, tmp_path_factory.mktemp("damaged") / "kits"))


@settings(max_examples=60)
@given(manifests())
def test_a_damaged_manifest_is_refused_with_a_place(kits: Path, made: tuple[str, Any]) -> None:
    name, data = made
    file = kits / name / "kit.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        resolve_kit(str(file.parent), catalog(), locate_folder)
    except NewftError as error:
        assert str(file.parent) in str(error.where) or data["extends"] in str(error)
