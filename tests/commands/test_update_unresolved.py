"""What an update leaves to be resolved: told by `status`, and refused by the next update."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.files import read_contents
from support.run_newft import run_newft
from support.update_cases import OPTIONS, act, commit_all, git, installed, make_resources, update

pytestmark = pytest.mark.slow

GONE = {"guide.md": None}  # which the team has edited
RENAMED = {"docs/first.md": {"move": "docs/eins.md"}}  # which the team has renamed too
TWO_NAMES = {"docs/first.md": {"move": "docs/one.md"}}
EDITED = {"guide.md": [["open the", "open our"]]}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("versions")
    changes = {"v1": {}, "gone": GONE, "renamed": RENAMED}
    return {name: make_resources(folder / name, tree) for name, tree in changes.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, versions: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with installed(versions["v1"]):
        run = run_newft("new", "desk", *OPTIONS, cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder / "desk"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "desk")


def list_unresolved(desk: Path) -> list[str]:
    """What `status` names, which the next update refuses."""
    run = run_newft("status", str(desk), "--json", cwd=desk.parent)
    found = json.loads(run.stdout)["projects"][0]["conflicts"]
    code, _, said = update(desk)
    assert (code == 1 and "not resolved yet" in said) == bool(found), said
    assert [path for path in found if path not in said] == []
    return found


def resolve_by_editing(desk: Path) -> None:
    act(desk, {"guide.md": [["lock the door", "lock our door"]]})


def resolve_by_removing(desk: Path) -> None:
    (desk / "guide.md").unlink()


def resolve_in_the_list(desk: Path) -> None:
    (desk / ".newft/conflicts.yml").unlink()


@pytest.mark.parametrize("resolve", [resolve_by_editing, resolve_by_removing, resolve_in_the_list])
def test_a_deleted_file_that_was_edited_is_left_until_somebody_decides(
    resolve: object, desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, EDITED)
    with installed(versions["gone"]):
        assert update(desk)[0] == 3
        assert list_unresolved(desk) == ["guide.md"]
        assert callable(resolve)
        resolve(desk)
        assert list_unresolved(desk) == []


def test_git_add_decides_about_a_file_and_undo_takes_the_list_back(
    desk: Path, versions: dict[str, Path]
) -> None:
    git(desk, "init", "-q")
    act(desk, EDITED)
    commit_all(desk)
    with installed(versions["gone"]):
        assert update(desk)[0] == 3
        assert list_unresolved(desk) == ["guide.md"]
        assert run_newft("update", "--undo", cwd=desk).returncode == 0
    assert not (desk / ".newft/conflicts.yml").exists()
    with installed(versions["gone"]):
        assert update(desk)[0] == 3
        git(desk, "add", "guide.md")
        assert list_unresolved(desk) == []


def test_of_a_file_with_two_names_one_must_go(desk: Path, versions: dict[str, Path]) -> None:
    git(desk, "init", "-q")
    act(desk, TWO_NAMES)
    commit_all(desk)
    with installed(versions["renamed"]):
        assert update(desk)[0] == 3
        commit_all(desk)
        assert list_unresolved(desk) == ["docs/eins.md"]
        (desk / "docs/one.md").unlink()
        assert list_unresolved(desk) == []


def test_markers_in_a_large_file_are_found_by_both(desk: Path, versions: dict[str, Path]) -> None:
    marker = "<<<<<<< before-update (this project)\n"
    act(desk, {"guide.md": "a line of text\n" * 100_000 + marker})
    with installed(versions["v1"]):
        assert list_unresolved(desk) == ["guide.md"]


@pytest.mark.parametrize("place", ["src/acme", "lib/acme"])
def test_a_package_that_the_team_renamed_is_not_renamed_otherwise(
    place: str, desk: Path, versions: dict[str, Path]
) -> None:
    (desk / place).parent.mkdir(exist_ok=True)
    (desk / "src/desk").rename(desk / place)
    before = read_contents(desk)
    with installed(versions["v1"]):
        run = run_newft("update", "--yes", "--set", "name=other", cwd=desk)
        assert run.returncode == 1 and f"renamed by hand to `{place}`" in run.stderr
        assert read_contents(desk) == before
        hint = run.stderr.rpartition("--set ")[2].split(",")[0]
        code, done, said = update(desk, "--set", hint)
    assert (code, done["conflicts"]) == (0, []), said
    assert (desk / place / "task.py").exists() and not (desk / "src/other").exists()
