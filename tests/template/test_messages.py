"""Every text that an emitted command prints exists in both languages, with the same values."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "templates/layers/language/zh/src/package_name/messages.json"
# functions that take a template and its values; the number of templates that they begin with
TEMPLATES_TAKEN = {"say": 1, "fill": 1, "ProjectError": 2}


def emitted_modules() -> Iterator[Path]:
    yield from (ROOT / "templates").rglob("src/**/*.py")
    yield from (ROOT / "domains").rglob("src/**/*.py")


def called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def templates_of(module: Path) -> Iterator[str]:
    """Every constant text that the module hands over to be filled in."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and (taken := TEMPLATES_TAKEN.get(called(node))):
            for argument in node.args[:taken]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def translations() -> dict[str, str]:
    texts: dict[str, str] = json.loads(TRANSLATIONS.read_text(encoding="utf-8"))
    return texts


def test_every_text_is_translated_and_no_translation_is_left_over(
    translations: dict[str, str],
) -> None:
    used = {text for module in emitted_modules() for text in templates_of(module) if text.strip()}
    assert sorted(used - translations.keys()) == []
    assert sorted(translations.keys() - used) == []


def test_a_translation_has_the_values_of_its_text(translations: dict[str, str]) -> None:
    differing = [
        text
        for text, translation in translations.items()
        if {name for name, _ in placeholders(text)}
        != {name for name, _ in placeholders(translation)}
    ]
    assert differing == []
