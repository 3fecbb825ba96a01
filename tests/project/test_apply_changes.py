from __future__ import annotations

import os
from pathlib import Path

import pytest

from newft.errors import ProjectError
from newft.project.transaction import FileChange
from newft.project.undo import read_undo_record, undo_last_update
from newft.project.write import apply_changes
from newft.schema.tree import TreeFile

Files = dict[str, TreeFile]


def text(content: str) -> TreeFile:
    return TreeFile(content.encode())


OLD: Files = {
    "README.md": text("old\n"),
    "run.sh": TreeFile(b"#!/bin/sh\n", "100755"),
    "gone/deep/a.py": text("a\n"),
    "link": TreeFile(b"README.md", "120000"),
    "swap": text("a file\n"),
    "team/own.py": text("ours\n"),
    ".newft/snapshot.tar": TreeFile(b"\0old"),
}
NEW: Files = {
    "README.md": text("new\n"),
    "run.sh": TreeFile(b"#!/bin/sh\n", "100644"),
    "src/数据/b.py": text("b\n"),
    "link": TreeFile(b"./run.sh", "120000"),
    "swap/inner.py": text("now a folder\n"),
    "team/own.py": text("ours\n"),
    ".newft/snapshot.tar": TreeFile(b"\0new"),
}


def build(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path, file in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == "120000":
            place.symlink_to(file.content.decode())
        else:
            place.write_bytes(file.content)
            place.chmod(0o755 if file.mode == "100755" else 0o644)
    return folder


def read(folder: Path, *, undo: bool = False) -> Files:
    files: Files = {}
    for place in folder.rglob("*"):
        path = place.relative_to(folder).as_posix()
        if place.is_symlink():
            target = os.readlink(place)  # noqa: PTH115 (a Path would lose a leading ./)
            files[path] = TreeFile(target.encode(), "120000")
        elif place.is_file() and (undo or not path.startswith(".newft/undo/")):
            mode = place.stat().st_mode
            files[path] = TreeFile(place.read_bytes(), "100755" if mode & 0o100 else "100644")
        elif place.is_dir():
            assert any(place.iterdir()), f"{path} is an empty folder"
    return files


def compare(old: Files, new: Files) -> list[FileChange]:
    return [
        FileChange(path, old.get(path), new.get(path))
        for path in sorted(old | new)
        if old.get(path) != new.get(path)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return build(tmp_path / "desk", OLD)


def test_an_update_writes_removes_and_swaps_files_and_folders(project: Path) -> None:
    apply_changes(project, compare(OLD, NEW), keep_undo=False)
    assert read(project, undo=True) == NEW


def test_an_undo_brings_the_state_before_back_and_then_the_update_again(project: Path) -> None:
    apply_changes(project, compare(OLD, NEW), keep_undo=True, index_entries=b"old \0 index")
    assert read(project) == NEW
    assert (project / ".newft/undo/.gitignore").read_bytes() == b"*\n"
    changed = tuple(change.path for change in compare(OLD, NEW))
    undone = undo_last_update(project, index_entries=b"new index")
    assert (undone.paths, undone.index_entries) == (changed, b"old \0 index")
    assert read(project) == OLD
    undone = undo_last_update(project)
    assert (undone.paths, undone.index_entries) == (changed, b"new index")
    assert read(project) == NEW


def test_without_an_update_there_is_nothing_to_undo(project: Path) -> None:
    assert read_undo_record(project) is None
    with pytest.raises(ProjectError, match="there is no update to undo here"):
        undo_last_update(project)
