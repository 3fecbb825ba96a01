"""Kits in folders, for tests: written from texts, and found without git."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from newft.schema.starter_kit import KitPin, LocatedKit


def write_kit(folder: Path, manifest: str, **files: str) -> Path:
    """Write a kit.yaml, and other files by their paths; return the folder."""
    return write_files(folder, {"kit.yaml": dedent(manifest), **files})


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their paths below a folder; return the folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder


def locate_folder(
    source: str, *, revision: str | None = None, parent: LocatedKit | None = None
) -> LocatedKit:
    """Find a kit by its folder, which may be relative to that of the kit which extends it."""
    folder = Path(parent.folder if parent else ".") / source
    return LocatedKit(str(folder), KitPin(source, revision, None, ""))
