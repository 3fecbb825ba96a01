"""What a file of plain lines holds: a table, fastText's labelled lines, or texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .delimited import count_sniffed_rows, fit_delimiter
from .file_access import open_text
from .file_format import FileFormat

FASTTEXT_COLUMNS = ("text", "label")
LINES_INSPECTED = 50
MIN_LABELLED_SHARE = 0.9  # of the lines; fastText trains on a line without a label as on none
MIN_TABBED_SHARE = 0.9  # of the lines with as many tabs: texts have none
MIN_COMMA_ROWS = 10  # lines with as many commas each: fewer may be prose
MIN_SPACED_COLUMNS = 5  # between which spaces stand: lines of a text seldom have as many words each

_LABEL_PATTERN = re.compile(r"(?:^|(?<=\s))__label__(\S+)\s*")


def detect_plain_text(path: Path, layout: FileFormat) -> FileFormat:
    """The layout of lines: a table if a delimiter splits them alike, or labelled lines."""
    with open_text(path, layout.encoding) as text:
        lines = [*islice((line for line in text if line.strip()), LINES_INSPECTED)]
    labelled = sum(bool(_LABEL_PATTERN.search(line)) for line in lines)
    if labelled >= MIN_LABELLED_SHARE * len(lines) and labelled:
        names = FASTTEXT_COLUMNS
        return replace(layout, kind="fasttext", columns=names, places=names)
    if layout.kind != "txt" or lines[0].lstrip().startswith(("{", "[")):
        return layout
    if fit_delimiter(path, replace(layout, kind="tsv"), "\t")[0] >= MIN_TABBED_SHARE:
        return replace(layout, kind="tsv", delimiter="\t")
    for delimiter in ",;| ":
        rows = count_sniffed_rows(path, replace(layout, kind="csv", delimiter=delimiter))
        share, width = fit_delimiter(path, replace(layout, kind="csv"), delimiter)
        wide = delimiter != " " or (width >= MIN_SPACED_COLUMNS and _has_numbers(lines[0]))
        if share == 1 and rows >= MIN_COMMA_ROWS and wide:
            return replace(layout, kind="csv", delimiter=delimiter)
    return layout


def _has_numbers(line: str) -> bool:
    """Whether half of the words of a line have a digit, as the cells of a table have."""
    words = line.split()
    return sum(any(map(str.isdecimal, word)) for word in words) * 2 >= len(words)


def read_labelled_lines(path: Path, layout: FileFormat) -> Iterator[tuple[int, list[object]]]:
    """The number, the text and the labels of each line."""
    with open_text(path, layout.encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                labels = _LABEL_PATTERN.findall(line)
                text = _LABEL_PATTERN.sub("", line).strip()
                yield number, [text, labels[0] if len(labels) == 1 else labels]
