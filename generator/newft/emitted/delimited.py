"""Tables of delimited text: the delimiter, and the cells of each row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .file_access import open_text
from .file_format import Cells, FileFormat

MAX_RECORD_LINES = 200_000  # before a quote must close
MAX_SNIFFED_ROWS = 50

csv.field_size_limit(2**31 - 1)  # a long cell is a fault of its row, not the end of the reading


def detect_delimiter(path: Path, layout: FileFormat) -> str:
    """The delimiter that splits the header, and the first rows into as many cells."""

    def fit(delimiter: str) -> tuple[float, int]:
        grid = (cells for _, cells in read_grid(path, replace(layout, delimiter=delimiter)))
        widths = [len(cells or "") for cells in islice(grid, MAX_SNIFFED_ROWS) if cells != []]
        width = widths[0] if widths else 0
        return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)

    return max("\t,;" if layout.kind == "tsv" else ",\t;", key=fit)


def read_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, Cells]]:
    """The number and the cells of each row, those of the header too."""
    with open_text(path, layout.encoding, newline="") as lines:
        yield from enumerate(_parse_delimited(lines, layout.delimiter or ","), start=1)


def _parse_delimited(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | None]:
    """The cells of each record; None for one that is quoted wrongly, read on from its next line."""
    source, again, held = iter(lines), list[str](), list[str]()  # held: of the record in progress

    def feed() -> Iterator[str]:
        while (line := again.pop() if again else next(source, None)) is not None:
            held.append(line)
            if len(held) > MAX_RECORD_LINES:
                raise csv.Error
            yield line

    while True:
        try:
            for cells in csv.reader(feed(), delimiter=delimiter, strict=True):
                held.clear()
                yield cells
            return
        except csv.Error:
            again.extend(reversed(held[1:]))
            yield held[0].rstrip("\r\n").split("\t") if delimiter == "\t" else None  # no quoting
            held.clear()
