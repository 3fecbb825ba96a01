"""The matrix of `tests/cases/update/`, through the real command: with a git repository and without.

Beside what each row says, every row must be refused a second time until conflicts are resolved, or
change nothing the second time, and be taken back by `--undo`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.files import read_contents
from support.run_newft import run_newft
from support.update_cases import (
    OPTIONS,
    Case,
    act,
    commit_all,
    git,
    installed,
    load_cases,
    make_resources,
    update,
)

pytestmark = pytest.mark.slow

ROWS = load_cases()
KINDS = ("updated", "added", "removed", "moved", "merged", "kept", "skipped", "conflicts")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The project of version 1, without and with a git repository; tests work on copies."""
    folder = tmp_path_factory.mktemp("projects")
    resources = make_resources(folder / "v1")
    with installed(resources):
        run = run_newft("new", "plain/desk", *OPTIONS, cwd=folder)
    assert run.returncode == 0, run.stderr
    (folder / "git").mkdir()
    desk = shutil.copytree(folder / "plain/desk", folder / "git/desk")
    git(desk, "init", "-q")
    commit_all(desk)
    return {False: folder / "plain/desk", True: desk}


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Path]:
    """The templates of version 2 for a row; rows share all that no row changes."""
    folder = tmp_path_factory.mktemp("resources")

    def make(case: Case) -> Path:
        place = folder / case.name
        return place if place.exists() else make_resources(place, case.template)

    return make


def list_cases() -> Iterator[object]:
    for case in ROWS:
        for in_git in (False, True):
            if in_git or not case.git_only:
                yield pytest.param(case, in_git, id=f"{case.name}-{'git' if in_git else 'plain'}")


@pytest.mark.parametrize(("case", "in_git"), [*list_cases()])
def test_scenario(
    case: Case,
    in_git: bool,
    tmp_path: Path,
    projects: dict[bool, Path],
    resources: Callable[[Case], Path],
) -> None:
    desk = shutil.copytree(projects[in_git], tmp_path / "desk", symlinks=True)
    act(desk, case.team)
    before = read_project(desk)
    with installed(resources(case)):
        code, done, said = update(desk, *case.options)
        assert code == (3 if "conflicts" in case.changes else 0), said
        assert list_changes(done) == case.changes
        check_files(case, desk, done)
        if in_git:
            check_index(desk, case)
            check_second_update(desk, case)
        else:
            undo(desk)
            assert read_project(desk) == before


def check_second_update(desk: Path, case: Case) -> None:
    """Conflicts must be resolved first; without any, the project is up to date."""
    code, done, said = update(desk, "--dry-run")
    if "conflicts" in case.changes:
        assert code == 1 and "not resolved yet" in said
    else:
        assert code == 0 and list_changes(done) == {}


def undo(desk: Path) -> None:
    run = run_newft("update", str(desk), "--undo", cwd=desk.parent)
    assert run.returncode == 0 or "no update to undo" in run.stderr, run.stderr


def list_changes(done: dict[str, list[object]]) -> dict[str, list[str]]:
    """The paths of each kind, without the kinds that have none."""
    found = {}
    for kind in KINDS:
        paths = [one["path"] if isinstance(one, dict) else str(one) for one in done[kind]]
        found |= {kind: paths} if paths else {}
    return found


def check_files(case: Case, desk: Path, done: dict[str, list[dict[str, object]]]) -> None:
    for path, text in case.files.items():
        found = (desk / path).read_bytes().decode() if (desk / path).exists() else None
        assert found == text, path
    for path, parts in case.has.items():
        text = (desk / path).read_bytes().decode()
        assert [part for part in parts if part not in text] == [], path
    assert {one["path"]: one["lines"] for one in done["conflicts"] if one["lines"]} == case.lines


def check_index(desk: Path, case: Case) -> None:
    """git knows the conflicts, and nothing was committed."""
    unmerged = git(desk, "-c", "core.quotePath=false", "diff", "--name-only", "--diff-filter=U")
    assert sorted(unmerged.splitlines()) == case.index
    commits = git(desk, "rev-list", "--count", "--all")
    assert int(commits) == case.commits


def read_project(desk: Path) -> dict[str, bytes]:
    """Every file of the project, without git's and the record of the last update."""
    return {
        path: content
        for path, content in read_contents(desk).items()
        if not path.startswith((".git/", ".newft/undo/"))
    }
