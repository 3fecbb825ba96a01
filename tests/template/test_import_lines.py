"""An import of a template fits its line, however long the name of the project's package is."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.decide.project_name import MAX_NAME_LENGTH
from support.checkout import DOMAINS, REPOSITORY, TEMPLATES

MODULES = [path for root in (TEMPLATES, DOMAINS) for path in root.rglob("*.py")]
LINE_LENGTH = 100  # of a project's ruff


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_line_is_too_long_with_the_longest_name(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()
    renamed = [line.replace("package_name", "x" * MAX_NAME_LENGTH) for line in lines]
    assert [line for line in renamed if len(line) > LINE_LENGTH and "import" in line] == []
