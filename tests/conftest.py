"""Its place makes `tests/` importable: the tests of every room share plans.py and its like."""

from pathlib import Path

import pytest

collect_ignore = ["golden"]  # a project's own tests run in the project


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]
