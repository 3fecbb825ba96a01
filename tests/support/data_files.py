"""Data files written byte for byte, and how they read: for the tests of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.emitted.file_access import RecordError
from newft.emitted.readers import read_rows


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def values(path: Path) -> list[list[object]]:
    return [list(row.values.values()) for row in read_rows(path)]


def faults(path: Path) -> list[tuple[int, str | None]]:
    return [(row.number, row.fault) for row in read_rows(path)]


def refusal(path: Path) -> RecordError:
    with pytest.raises(RecordError) as raised:
        list(read_rows(path))
    assert raised.value.path == path
    assert raised.value.hint
    return raised.value
