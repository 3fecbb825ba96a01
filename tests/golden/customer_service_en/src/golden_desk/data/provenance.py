"""Hashes of what the formatted rows were made from, and of the rows: later changes are noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import formatting
from .file_access import hash_file
from .splits import SPLITS


def hash_files(raw_files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of the raw files that are there and of formatting.py, by name."""
    paths = {str(path): path for path in raw_files if path.is_file()}
    paths["formatting.py"] = Path(formatting.__file__)
    return {name: hash_file(path) for name, path in paths.items()}


def find_changed_files(before: Mapping[str, object], raw_files: Iterable[Path]) -> list[str]:
    """The files changed or deleted since formatting.

    Without any raw file, as where only the formatted rows were shared, none counts as deleted.
    """
    now = hash_files(raw_files)
    gone = before.keys() - now.keys() if len(now) > 1 else ()
    return [*sorted(gone), *(name for name in now if before.get(name) != now[name])]


def hash_row_files(folder: Path) -> dict[str, str]:
    """SHA-256 of the files of rows that are there, by name: what is trained and judged on."""
    names = [*(f"{split}.jsonl" for split in SPLITS), "slices.jsonl"]
    return {name: hash_file(folder / name) for name in names if (folder / name).is_file()}
