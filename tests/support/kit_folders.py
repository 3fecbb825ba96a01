"""Kits in folders, for tests: written from texts, and found without git."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from newft.schema.starter_kit import KitPin, LocatedKit


def write_kit(folder: Path, manifest: str, **files: str) -> Path:
    """Write a kit.yaml, and other files by their paths; return the folder."""
    for path, text in {"kit.yaml": dedent(manifest), **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def locate_folder(
    source: str, *, revision: str | None = None, parent: LocatedKit | None = None
) -> LocatedKit:
    """Find a kit by its folder, which may be relative to that of the kit which extends it."""
    folder = Path(parent.folder if parent else ".") / source
    return LocatedKit(str(folder), KitPin(source, revision, None, ""))
