"""Who may import whom, where import-linter does not look: the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.checkout import TESTS

# a test module that another one needs something of hands it over through tests/support/
TEST_MODULES = [path for path in TESTS.rglob("*.py") if "golden" not in path.parts]


def imported_modules(path: Path) -> Iterator[str]:
    """The dotted names of the modules that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("path", TEST_MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_module_imports_from_a_test_module_or_a_conftest(path: Path) -> None:
    names = {name.rpartition(".")[2] for name in imported_modules(path)}
    assert not {name for name in names if name.startswith("test_") or name == "conftest"}
