"""Trees of files on the disk: write them, read them, and list what differs between two."""

from __future__ import annotations

import os
from pathlib import Path

from newft.project.transaction import FileChange
from newft.schema.tree import TreeFile

Files = dict[str, TreeFile]


def make_text(content: str) -> TreeFile:
    return TreeFile(content.encode())


def build_files(folder: Path, files: Files) -> Path:
    """Write files, executable files and links below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, file in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == "120000":
            place.symlink_to(os.fsdecode(file.content))
        else:
            place.write_bytes(file.content)
            place.chmod(0o755 if file.mode == "100755" else 0o644)
    return folder


def read_files(folder: Path, *, undo: bool = False) -> Files:
    """Read all files below a folder, without the undo record; an empty folder ends with a slash."""
    files: Files = {}
    for root, folders, names in os.walk(folder):
        for name in [*names, *(name for name in folders if (Path(root) / name).is_symlink())]:
            place = Path(root) / name
            path = place.relative_to(folder).as_posix()
            if place.is_symlink():
                target = os.readlink(place)  # noqa: PTH115 (a Path would lose a leading ./)
                files[path] = TreeFile(os.fsencode(target), "120000")
            elif undo or not path.startswith(".newft/undo/"):
                executable = place.stat().st_mode & 0o100
                files[path] = TreeFile(place.read_bytes(), "100755" if executable else "100644")
        if Path(root) != folder and not any(Path(root).iterdir()):
            files[f"{Path(root).relative_to(folder).as_posix()}/"] = TreeFile(b"")
    return files


def list_changes(old: Files, new: Files) -> list[FileChange]:
    """Return the changes that turn one tree into the other."""
    return [
        FileChange(path, old.get(path), new.get(path))
        for path in sorted(old | new)
        if old.get(path) != new.get(path)
    ]
