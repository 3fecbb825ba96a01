"""What a folder holds, and a small disk to write to."""

from __future__ import annotations

import subprocess
from pathlib import Path


def list_names(folder: Path) -> set[str]:
    """The names of what lies directly in a folder."""
    return {path.name for path in folder.iterdir()}


def read_contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder, by its path within the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def mount_tmpfs(option: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Mount a file system in memory on the folder, which only root may do."""
    words = ["mount", "-t", "tmpfs", "-o", option, "newft-test", folder]
    return subprocess.run(words, capture_output=True, check=False)
