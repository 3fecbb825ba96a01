"""Projects as they are emitted, made once for a module of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.emitted_project import Desk, make_desk


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project that nothing was done with: copied, never changed."""
    return make_desk(tmp_path_factory.mktemp("emitted"))


@pytest.fixture(scope="module")
def formatted(fresh: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same after `make data`: copied, never changed."""
    desk = fresh.copy(tmp_path_factory.mktemp("formatted") / "desk")
    assert desk.run("prepare").returncode == 0
    return desk


@pytest.fixture
def desk(fresh: Desk, tmp_path: Path) -> Desk:
    """A project of one's own."""
    return fresh.copy(tmp_path / "desk")


@pytest.fixture
def ready(formatted: Desk, tmp_path: Path) -> Desk:
    """A project of one's own with formatted rows."""
    return formatted.copy(tmp_path / "ready")
