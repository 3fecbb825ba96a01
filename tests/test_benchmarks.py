"""The benchmarks, which run by hand, call functions that a project of today has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from golden_project import GOLDEN
from support.checkout import REPOSITORY

PACKAGE = GOLDEN / "src" / "golden_desk"
BENCHMARKS = sorted((REPOSITORY / "benchmarks").glob("*.py"))


def list_project_imports(path: Path) -> Iterator[tuple[str, str]]:
    """The module of the project `desk`, and the name, of each import."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "desk":
            yield from ((str(node.module), alias.name) for alias in node.names)


def list_names(module: Path) -> set[str]:
    """The names that a module defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_every_function_that_a_benchmark_imports_exists(path: Path) -> None:
    for module, name in list_project_imports(path):
        place = PACKAGE.joinpath(*module.split(".")[1:])
        if place.is_dir():
            assert (place / f"{name}.py").is_file() or (place / name).is_dir(), f"{module}.{name}"
        else:
            assert name in list_names(place.with_suffix(".py")), f"{module}.{name}"
