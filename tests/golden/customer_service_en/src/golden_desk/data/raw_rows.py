"""The rows of the raw files, as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..config_base import DataConfig
from ..runtime.messages import fill
from .file_access import list_data_files
from .file_format import FileFormat, Row
from .readers import read_rows


def list_raw_files(data: DataConfig) -> list[Path]:
    """The files that hold the raw records."""
    return [path for name in data.files for path in list_data_files(Path(name))]


def describe_files(layouts: Iterable[FileFormat]) -> tuple[list[str], list[str]]:
    """How the files were read, and what may be missing of them."""
    notes: list[str] = []
    faults: list[str] = []
    for remark in (remark for layout in layouts for remark in layout.remarks):
        (notes if remark.information else faults).append(fill(remark.template, **remark.values))
    return notes, faults


def read_all_rows(layouts: Mapping[Path, FileFormat]) -> Iterator[Row]:
    """Every row of every file."""
    for path, layout in layouts.items():
        yield from read_rows(path, layout)
