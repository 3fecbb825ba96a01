"""An update takes the files of a project as they lie on the disk, in a repository or not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from newft.errors import SystemRefusedError
from newft.project.project_files import read_project_tree
from newft.project.project_merge import merge_into_project
from newft.schema.tree import TreeFile
from newft.system.git import run_git
from support.files import read_contents
from support.merge_trees import list_kinds, make_lines, make_link, make_tree
from support.trees import build_files

A, B = make_lines("a"), make_lines("b")
A_HEAD, A_TAIL, A_BOTH = f"head\n{A}", f"{A}tail\n", f"head\n{A}tail\n"
Files = Mapping[str, str | bytes | TreeFile]


def write_files(folder: Path, files: Files) -> Path:
    return build_files(folder, make_tree(files))


def merge(folder: Path, base: Files, theirs: Files) -> dict[str, str]:
    """What becomes of each path of the project; its files stay as they are."""
    before = read_contents(folder)
    merged = merge_into_project(folder, make_tree(base), make_tree(theirs))
    assert read_contents(folder) == before
    return list_kinds(merged.merge)


def read_skipped(folder: Path, *paths: str) -> dict[str, str]:
    return {path: why.en for path, why in read_project_tree(folder, paths).skipped.items()}


def test_files_are_read_as_they_lie_on_the_disk(tmp_path: Path) -> None:
    files = make_tree({
        "crlf": "1\r\n2", "run.sh": TreeFile(b"#!/bin/sh\n", "100755"), "l": make_link("nowhere"),
        "é 数\n.md": "名", "own/x": b"\0\xff",
    })  # fmt: skip
    write_files(tmp_path, files)
    (tmp_path / ".gitattributes").write_text("* text eol=lf\n")
    project = read_project_tree(tmp_path, ["crlf", "run.sh", "l", "gone", "é 数\n.md"])
    del project.tree[".gitattributes"]
    assert project.tree == files
    assert not project.skipped


def test_files_that_git_ignores_are_merged(tmp_path: Path) -> None:
    write_files(tmp_path, {".gitignore": "local.env\nsecret\n", "local.env": A_HEAD, "secret": "s"})
    base = {".gitignore": "local.env\nsecret\n", "local.env": A}
    assert merge(tmp_path, base, base | {"local.env": A_TAIL}) == {"local.env": "merged"}
    assert "secret" not in read_project_tree(tmp_path, base).tree


def test_data_runs_caches_and_large_files_are_not_read(tmp_path: Path) -> None:
    unread = (
        "data/raw/x",
        "data/processed/x",
        "runs/1/x",
        ".newft/x",
        ".venv/x",
        "a/__pycache__/x",
    )
    write_files(tmp_path, dict.fromkeys(unread, A))
    write_files(
        tmp_path, dict.fromkeys(("env/pyvenv.cfg", "env/x", "p/.newft/answers.yml", "p/x"), A)
    )
    write_files(tmp_path, {"environment": A, "large": b"0" * ((1 << 20) + 1)})
    assert read_project_tree(tmp_path, []).tree.keys() == {"environment"}
    assert read_project_tree(tmp_path, ["large"]).tree.keys() == {"environment", "large"}


@pytest.mark.parametrize("kind", ["none", "repository", "committed", "monorepo", "worktree"])
def test_the_outcome_is_the_same_in_any_repository_and_in_none(tmp_path: Path, kind: str) -> None:
    top = tmp_path / "top"
    project = top / "desk" if kind == "monorepo" else top
    project.mkdir(parents=True)
    if kind != "none":
        run_git(["init", "-q"], folder=top)
    ours = {
        ".gitignore": "build/\n", "moved/x": A_HEAD, "y": B, "own": "own", "build/d/gone": A,
        ".gitattributes": "* merge=union -text\n",
    }  # fmt: skip
    write_files(project, ours)
    if kind in ("committed", "monorepo", "worktree"):
        run_git(["add", "-A"], folder=top)
        author = ["-c", "user.name=a", "-c", "user.email=a"]
        run_git([*author, "commit", "-qm", "x"], folder=top)
    if kind == "worktree":
        project = tmp_path / "other"
        run_git(["worktree", "add", "-q", "--detach", str(project)], folder=top)
        write_files(project, {"build/d/gone": A})
    base = {".gitignore": "build/\n", "x": A, "y": B, "d/gone": A}
    theirs = base | {"x": A_TAIL, "y": "new\n" + B, "d/gone": A_TAIL}
    merged = merge_into_project(project, make_tree(base), make_tree(theirs)).merge
    assert list_kinds(merged) == {"d/gone": "kept_deleted", "moved/x": "merged", "y": "updated"}
    assert merged.changes[1].after == TreeFile(A_BOTH.encode())


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    outside = write_files(tmp_path / "outside", {"x": "secret"})
    project = write_files(tmp_path / "project", {
        "d": make_link(str(outside)), "loop": make_link("loop"), "f": make_link(str(outside / "x")),
    })  # fmt: skip
    base = {"d/x": A, "loop/x": A, "f": B}
    read = read_project_tree(project, base)
    assert read.tree == {"f": make_link(str(outside / "x"))}
    assert read_skipped(project, *base) == {"d/x": "`d` is a link", "loop/x": "`loop` is a link"}
    theirs = {"d/x": A_TAIL, "loop/x": A, "f": B, "d/new": "1"}
    assert merge(project, base, theirs) == {"d/new": "skipped", "d/x": "skipped"}
    change = merge_into_project(project, make_tree(base), make_tree(theirs)).merge.changes[0]
    assert change.why and change.why.en == "`d` is a link"
    assert (outside / "x").read_text() == "secret"


def test_a_submodule_is_left_alone(tmp_path: Path) -> None:
    write_files(tmp_path, {"sub/.git": "gitdir: ../.git/modules/sub\n", "sub/x": A, "y": B})
    base = {"sub/x": A, "y": B}
    assert read_skipped(tmp_path, *base) == {"sub/x": "`sub` is a repository of its own"}
    assert read_project_tree(tmp_path, base).tree.keys() == {"y"}
    assert merge(tmp_path, base, {"sub/x": A_TAIL, "y": A}) == {"sub/x": "skipped", "y": "updated"}


def test_a_fifo_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    os.mkfifo(tmp_path / "d")
    os.mkfifo(tmp_path / "own")
    assert read_skipped(tmp_path, "x", "d/y", "z") == {
        "x": "`x` is not a regular file", "d/y": "`d` is not a regular file",
    }  # fmt: skip
    assert merge(tmp_path, {"x": A}, {"x": A_TAIL, "d/y": "1"}) == {
        "d/y": "skipped", "x": "skipped",
    }  # fmt: skip


def test_names_that_no_tree_has_do_not_matter(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_text("x")
    write_files(tmp_path, {"n" * 255: "own", "line\nfeed": "own", "-n": "own", "*": "own"})
    read = read_project_tree(tmp_path, [f"{'m' * 300}/x", "m" * 300])
    assert read.tree.keys() == {"n" * 255, "line\nfeed", "-n", "*"}
    assert not read.skipped


def test_what_was_not_read_is_not_overwritten(tmp_path: Path) -> None:
    write_files(tmp_path, {
        ".gitignore": "build\n", "e/x": A, "e/y": B, "e/build": "ignored", "big": b"0" * (1 << 21),
        "folder/.gitignore": "*\n",
    })  # fmt: skip
    base = {".gitignore": "build\n", "d/x": A, "d/y": B}
    theirs = {**base, "d/build": "1", "big/x": "2", "folder": "3"}
    assert merge(tmp_path, base, theirs) == {
        "e/build": "conflict",
        "big.before-update": "conflict from big", "big/x": "added",
        "folder": "skipped",
    }  # fmt: skip


def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": A, "own": A})
    subprocess.run(["chmod", "0", tmp_path / "x", tmp_path / "own"], check=True)
    if os.access(tmp_path / "x", os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(SystemRefusedError) as caught:
        read_project_tree(tmp_path, ["x"])
    assert caught.value.where == str(tmp_path / "x")
    assert read_project_tree(tmp_path, []).tree == {}
