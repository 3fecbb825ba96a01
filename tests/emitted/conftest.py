"""Projects as they are emitted, made once for all tests that a process runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.emitted_project import Desk, make_desk


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project that nothing was done with: copied, never changed."""
    return make_desk(tmp_path_factory.mktemp("emitted"))


@pytest.fixture(scope="session")
def formatted(fresh: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same after `make data`: copied, never changed."""
    desk = fresh.copy(tmp_path_factory.mktemp("formatted") / "desk")
    assert desk.run("prepare").returncode == 0
    return desk


@pytest.fixture(scope="session")
def trained(formatted: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same after `make train`: copied, never changed."""
    desk = formatted.copy(tmp_path_factory.mktemp("trained") / "desk")
    assert desk.run("train").returncode == 0
    return desk


@pytest.fixture
def desk(fresh: Desk, tmp_path: Path) -> Desk:
    """A project of one's own."""
    return fresh.copy(tmp_path / "desk")


@pytest.fixture
def ready(formatted: Desk, tmp_path: Path) -> Desk:
    """A project of one's own with formatted rows."""
    return formatted.copy(tmp_path / "ready")
