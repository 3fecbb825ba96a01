"""Every text that an emitted command prints exists in both languages, with the same values."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from newft.project.layers import OWN_MODULES

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "templates/layers/language/zh/src/package_name/messages.json"
# functions that take a template and its values; the number of templates that they begin with
TEMPLATES_TAKEN = {
    "say": 1,
    "fill": 1,
    "ProjectError": 2,
    "Remark": 1,
    "WorkbookError": 2,
    "RecordError": 3,  # the first is the file
}


def emitted_modules() -> Iterator[Path]:
    yield from (ROOT / "templates").rglob("src/**/*.py")
    yield from (ROOT / "domains").rglob("src/**/*.py")
    yield from (ROOT / "generator/newft" / name for name in OWN_MODULES)


def called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def templates_of(module: Path) -> Iterator[str]:
    """Every constant text that the module hands over to be filled in, by itself or by a name."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    named = texts_by_name(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (taken := TEMPLATES_TAKEN.get(called(node))):
            for argument in node.args[:taken]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
                elif isinstance(argument, ast.Name):
                    yield from named.get(argument.id, ())


def texts_by_name(tree: ast.Module) -> dict[str, list[str]]:
    """The texts that are assigned to each name, anywhere in a module."""
    named: dict[str, list[str]] = {}
    pairs = [
        (target, value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in assigned(node.targets[0], node.value)
    ]
    for target, value in pairs:
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            named.setdefault(target.id, []).append(str(value.value))
    return named


def assigned(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


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
