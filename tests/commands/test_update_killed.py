"""`newft update` killed while it writes: the next run of the real command ends in the new tree."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from support.files import read_contents
from support.kill import run_in_child
from support.run_newft import run_newft
from support.update_cases import OPTIONS, act, commit_all, git, installed, make_resources, update

pytestmark = pytest.mark.slow

TEMPLATE = {
    "notes.md": [["one\n", "ONE\n"]],
    "guide.md": [["open the shop", "unlock the shop"]],
    "docs/third.md": None,
    "docs/fourth.md": "more\n",
    "run.sh": {"mode": "755"},
}
TEAM = {"guide.md": [["lock the door", "bar the door"]], "docs/first.md": {"move": "first.md"}}
STRIDE = 9  # of the operations; every one is tried in test_apply_changes.py
CONFLICT = {"notes.md": [["one\n", "1\n"]]}


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    """The templates of version 2; a project of version 1 lies beside them."""
    with installed(make_resources(tmp_path / "v1")):
        assert run_newft("new", "desk", *OPTIONS, cwd=tmp_path).returncode == 0
    act(tmp_path / "desk", TEAM)
    return make_resources(tmp_path / "v2", TEMPLATE)


def read_project(folder: Path) -> dict[str, bytes]:
    return {
        path: content
        for path, content in read_contents(folder).items()
        if not path.startswith((".git/", ".newft/undo/"))
    }


def update_until_killed(desk: Path, step: int) -> bool:
    """Whether an update was killed before an operation of it, counted within the project."""

    def work() -> None:
        left: float = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event not in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "open"):
                return
            reads = event == "open" and not int(str(arguments[2] or 0)) & os.O_CREAT
            if reads or not str(arguments[0]).startswith(str(desk)):
                return
            left -= 1
            if left < 0:
                left = float("inf")  # the kill is an event too
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        update(desk)

    return os.WIFSIGNALED(run_in_child(work))


@pytest.mark.slow
@pytest.mark.parametrize("team", [{}, CONFLICT], ids=["clean", "conflict"])
def test_the_next_update_after_a_kill_ends_in_the_new_tree(
    resources: Path, tmp_path: Path, team: dict[str, list[list[str]]]
) -> None:
    desk = tmp_path / "desk"
    act(desk, team)
    git(desk, "init", "-q")
    commit_all(desk)
    with installed(resources):
        complete = shutil.copytree(desk, tmp_path / "complete")
        code, *_ = update(complete)
        assert code == (3 if team else 0)
        old, new = read_project(desk), read_project(complete)
        step, finished = 0, 0
        while True:
            killed = shutil.copytree(desk, tmp_path / f"killed-{step}")
            if not update_until_killed(killed, step):
                break
            code, _, said = update(killed)
            assert code in ((1, 3) if team else (0,)), said
            assert read_project(killed) == new != old
            finished += "interrupted" in said
            shutil.rmtree(killed)
            step += STRIDE
    assert finished
