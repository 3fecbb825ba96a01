"""Tables of delimited text: the delimiter, and the cells of each row."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from .file_access import open_text
from .file_format import Cells, FileFormat

MAX_RECORD_LINES, MAX_RECORD_CHARS = 200_000, 64 << 20  # before a quote must close
MAX_SNIFFED_ROWS = 50
MARK_PATTERN = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
MAX_MARK_CHARS = 20  # of a first line that names the delimiter
RARE_DELIMITERS = "^~¦\x01"  # tried where no other fits; the last is that of Hive
MIN_USUAL_SHARE = 0.9  # of the rows that a usual delimiter splits alike; texts may hold commas
MIN_RARE_ROWS = 10  # all of which a rare delimiter splits alike: fewer may do so by chance

csv.field_size_limit(2**31 - 1)  # a long cell is a fault of its row, not the end of the reading


def detect_delimiter(path: Path, layout: FileFormat) -> str:
    """The delimiter that splits most of the first rows into as many cells."""
    if marked := _read_marked_delimiter(path, layout):
        return marked
    fit = partial(fit_delimiter, path, layout)
    best = max(_list_delimiters(layout), key=fit)
    if fit(best)[0] < MIN_USUAL_SHARE and (count_sniffed_rows(path, layout) >= MIN_RARE_ROWS):
        return next((one for one in RARE_DELIMITERS if fit(one)[0] == 1), best)
    return best


def fit_delimiter(path: Path, layout: FileFormat, delimiter: str) -> tuple[float, int]:
    """The share of the first rows that a delimiter splits into as many cells, and how many."""
    times = Counter(widths := _sniff_widths(path, replace(layout, delimiter=delimiter)))
    width = max(times, key=lambda one: (times[one], one), default=0)
    return (times[width] / len(widths), width) if width > 1 else (0.0, 0)


def count_sniffed_rows(path: Path, layout: FileFormat) -> int:
    """How many of the first rows say what the delimiter is."""
    return len(_sniff_widths(path, layout))


def _sniff_widths(path: Path, layout: FileFormat) -> list[int]:
    """How many cells each of the first rows has, 0 for a row that is quoted wrongly."""
    grid = (cells for _, cells in read_grid(path, layout))
    return [len(cells or "") for cells in islice(grid, MAX_SNIFFED_ROWS) if cells != []]


def _list_delimiters(layout: FileFormat) -> str:
    """The delimiters to try; of those that fit equally the first is taken."""
    return "\t,;|" if layout.kind == "tsv" else ",\t;|"


def _read_marked_delimiter(path: Path, layout: FileFormat) -> str:
    """The delimiter that a first line `sep=;` names, as Excel reads it."""
    with open_text(path, layout.encoding, newline="") as lines:
        found = MARK_PATTERN.fullmatch(lines.readline(MAX_MARK_CHARS).rstrip("\r\n"))
    return found[1] if found else ""


def read_grid(path: Path, layout: FileFormat) -> Iterator[tuple[int, Cells]]:
    """The number and the cells of each row, those of the header too."""
    with open_text(path, layout.encoding, newline="") as lines:
        rows = enumerate(_parse_delimited(lines, layout.delimiter or ","), start=1)
        for number, cells in islice(rows, 1):
            if cells is None or not _is_mark(cells):
                yield number, cells
        yield from rows


def _is_mark(cells: Sequence[str]) -> bool:
    """Whether the first row is the line `sep=;`, split by its own delimiter."""
    return cells == ["sep=", ""]


def _is_endless(held: Sequence[str]) -> bool:
    """Whether a record has more lines or characters than any; these are added up now and then."""
    count = len(held)
    if count == 1 or count & (count - 1):  # no power of two
        return count > MAX_RECORD_LINES
    return sum(map(len, held)) > MAX_RECORD_CHARS


def _parse_delimited(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | None]:
    """The cells of each record; None for one that is quoted wrongly, read on from its next line."""
    source, again, held = iter(lines), list[str](), list[str]()  # held: of the record in progress

    def feed() -> Iterator[str]:
        while (line := again.pop() if again else next(source, None)) is not None:
            held.append(line)
            if _is_endless(held):
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
