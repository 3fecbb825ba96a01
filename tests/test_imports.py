"""Who may import whom, where import-linter does not look: copied modules, projects and tests."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.checkout import DOMAINS, GENERATOR, REPOSITORY, TEMPLATES, TESTS

EMITTED = [*(GENERATOR / "newft" / "emitted").glob("*.py")]
# what a copied module needs beside the standard library; a project requires it with the module
LIBRARIES = {
    "yaml_lines.py": {"yaml"},
    "yaml_records.py": {"yaml"},
    "workbook.py": {"openpyxl"},
}
PROJECT_MODULES = [path for root in (TEMPLATES, DOMAINS) for path in root.rglob("src/**/*.py")]
COMMANDS = {"train", "evaluate", "chat", "check", "prepare"}
TEST_MODULES = [path for path in TESTS.rglob("*.py") if "golden" not in path.parts]


def list_imports(path: Path) -> Iterator[tuple[int, str]]:
    """How many folders up each import of a file begins, and the dotted name; 0 is absolute."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.level, node.module
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", EMITTED, ids=lambda path: path.name)
def test_a_copied_module_imports_the_standard_library_and_its_neighbours(path: Path) -> None:
    absolute = {name.partition(".")[0] for level, name in list_imports(path) if level == 0}
    assert absolute - sys.stdlib_module_names == LIBRARIES.get(path.name, set())
    relative = {(level, name) for level, name in list_imports(path) if level}
    assert relative <= {(1, neighbour.stem) for neighbour in EMITTED}


def test_no_module_of_a_project_imports_a_command() -> None:
    importing = {}
    for path in PROJECT_MODULES:
        levels_to_package = len(path.parts) - path.parts.index("src") - 2
        imported = {name for level, name in list_imports(path) if level == levels_to_package}
        importing[str(path.relative_to(REPOSITORY))] = imported & COMMANDS
    assert {path: names for path, names in importing.items() if names} == {}


def test_the_commands_of_a_project_are_at_its_top_level() -> None:
    layers = (TEMPLATES / "project", TEMPLATES / "layers/training/project")
    modules = {path.stem for layer in layers for path in layer.glob("src/package_name/*.py")}
    assert modules >= COMMANDS


def test_no_module_imports_from_a_test_module_or_a_conftest() -> None:
    importing = {}
    for path in TEST_MODULES:
        names = {name.rpartition(".")[2] for _, name in list_imports(path)}
        importing[str(path.relative_to(TESTS))] = {
            name for name in names if name.startswith("test_") or name == "conftest"
        }
    assert {path: names for path, names in importing.items() if names} == {}
