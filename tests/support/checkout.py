"""Where things lie in the checkout that is tested."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
GENERATOR = REPOSITORY / "generator"
TEMPLATES = REPOSITORY / "templates"
DOMAINS = REPOSITORY / "domains"
TESTS = REPOSITORY / "tests"
