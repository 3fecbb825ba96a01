"""The conflicts of an update are unmerged paths in the user's index, and an undo takes them out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from newft.errors import GitError
from newft.project.git_index import (
    list_entry_paths,
    read_index_entries,
    record_conflicts,
    restore_index_entries,
)
from newft.schema.tree import Conflict, TreeFile

BASE, OURS, THEIRS = (TreeFile(f"{word}\r\n".encode()) for word in ("base", "ours", "theirs"))
CONFLICT = Conflict("d/é \n.md", ((1, 3),), {1: BASE, 2: OURS, 3: THEIRS})
KINDS = ["root", "monorepo", "worktree", "detached", "sha256"]


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.quotePath=false"]
    return subprocess.run(
        [*command, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def make_project(tmp_path: Path, kind: str = "root") -> Path:
    """A project whose files are committed."""
    top = tmp_path / "top"
    top.mkdir()
    git(top, "init", "-q", *(["--object-format=sha256"] if kind == "sha256" else []))
    project = top / "teams\n/desk" if kind == "monorepo" else top
    (project / "d").mkdir(parents=True)
    (project / CONFLICT.path).write_bytes(OURS.content)
    (project / "other").write_text("other")
    (project / ".gitignore").write_text("local.env\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "x")
    if kind == "detached":
        git(top, "checkout", "-q", "--detach")
    if kind == "worktree":
        project = tmp_path / "tree"
        git(top, "worktree", "add", "-q", str(project))
    return project


def read_stages(project: Path) -> dict[int, str]:
    listed = git(project, "ls-files", "-s", "-z", "--", CONFLICT.path).split("\0")
    lines = [line.split("\t")[0].split() for line in filter(None, listed)]
    return {int(stage): git(project, "cat-file", "blob", name) for _, name, stage in lines}


@pytest.mark.parametrize("kind", KINDS)
def test_a_conflict_is_recorded_and_taken_out_again(tmp_path: Path, kind: str) -> None:
    project = make_project(tmp_path, kind)
    former = read_index_entries(project, [CONFLICT.path])
    assert list_entry_paths(former) == (CONFLICT.path,)
    record_conflicts(project, [CONFLICT])
    assert read_stages(project) == {1: "base\n", 2: "ours\n", 3: "theirs\n"}  # text mode: CRLF
    assert git(project, "cat-file", "blob", f":3:./{CONFLICT.path}") == "theirs\n"
    shown = git(project, "status", "--porcelain", "-z").strip("\0").split("\0")
    assert [line[:2] for line in shown] == ["UU"]
    unmerged = read_index_entries(project, [CONFLICT.path])
    restore_index_entries(project, former)
    assert git(project, "status", "--porcelain") == ""
    restore_index_entries(project, unmerged)  # the undo is undone
    assert read_index_entries(project, [CONFLICT.path]) == unmerged
    assert (project / CONFLICT.path).read_bytes() == OURS.content


def test_what_is_staged_after_a_conflict_was_resolved_stays(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    former = read_index_entries(project, [CONFLICT.path])
    record_conflicts(project, [CONFLICT])
    (project / CONFLICT.path).write_text("resolved")
    git(project, "add", "--", CONFLICT.path)
    restore_index_entries(project, former)
    assert read_stages(project) == {0: "resolved"}


def test_a_new_path_is_removed_from_the_index_again(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    conflict = Conflict("new", (), {2: OURS, 3: THEIRS})
    former = read_index_entries(project, ["new"])
    record_conflicts(project, [conflict])
    assert git(project, "status", "--porcelain", "--", "new") == "AA new\n"
    restore_index_entries(project, former)
    assert git(project, "ls-files", "--", "new") == ""


def test_other_entries_stay_as_they_are(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "other").write_text("staged")
    git(project, "add", "other")
    (project / "other").write_text("edited")
    git(project, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    before = git(project, "ls-files", "-s", "other", "sub")
    former = read_index_entries(project, [CONFLICT.path])
    record_conflicts(project, [CONFLICT])
    assert git(project, "ls-files", "-s", "other", "sub") == before
    restore_index_entries(project, former)
    assert git(project, "ls-files", "-s", "other", "sub") == before


def test_a_file_that_git_ignores_does_not_become_tracked(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    record_conflicts(project, [Conflict("local.env", (), {1: BASE, 2: OURS, 3: THEIRS})])
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("kind", ["none", "untracked", "bare", "foreign"])
def test_without_a_repository_that_tracks_the_project_nothing_happens(
    tmp_path: Path, kind: str
) -> None:
    if kind == "foreign":  # git opens no repository of another user
        project = make_project(tmp_path)
        shutil.rmtree(project / ".git")
        (project / ".git").write_text("gitdir: /nowhere\n")
    else:
        project = tmp_path / "project"
        project.mkdir()
        if kind != "none":
            git(project, "init", "-q", *(["--bare"] if kind == "bare" else []))
    assert read_index_entries(project, [CONFLICT.path]) == b""
    record_conflicts(project, [CONFLICT])
    restore_index_entries(project, b"100644 %s 0\tx\0" % (b"1" * 40))
    if kind == "untracked":
        assert git(project, "ls-files") == ""


def test_a_locked_index_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / ".git/index.lock").touch()
    with pytest.raises(GitError, match="another git process uses this repository"):
        read_index_entries(project, [CONFLICT.path])
    with pytest.raises(
        GitError, match="the files are written, but git does not show the conflicts"
    ):
        record_conflicts(project, [CONFLICT])  # the lock may also come later


@pytest.mark.parametrize(
    "entries",
    [
        b"100644 %s 0\t../x\0" % (b"1" * 40),
        b"100644 %s 0\t.git/config\0" % (b"1" * 40),
        b"100644 %s 0\t/x\0" % (b"1" * 40),
        b"100644 1 0\tx\0",
        b"x",
    ],
)
def test_damaged_entries_are_refused(tmp_path: Path, entries: bytes) -> None:
    project = make_project(tmp_path)
    with pytest.raises(GitError, match="damaged"):
        restore_index_entries(project, entries)
    assert git(project, "status", "--porcelain") == ""
