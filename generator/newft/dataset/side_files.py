"""Leave out files that lie beside the records: a test set whose labels are kept back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from newft.dataset.column_mapping import DataFile, open_files
from newft.emitted.given_splits import find_file_split
from newft.emitted.normalize import escape_controls
from newft.text import Text

MIN_ROWS_PER_VALUE = 2  # on average, of a column of labels: texts and ids hardly repeat
MIN_MARKED_ROWS = 10  # with one mark, such as -1: a few rows may all have one label


class OpenedFiles(NamedTuple):
    """The files with records, and what is said of those that were left out."""

    sources: list[DataFile]
    left_out: list[Text]


def open_labelled_files(files: Sequence[str], named: Collection[str] = ()) -> OpenedFiles:
    """Open data files, and leave out those that are named as held out and have no labels."""
    opened = open_files(files, named)
    missing = {file.path: _find_missing_label(file, opened) for file in opened}
    kept = [file for file in opened if not missing[file.path]]
    if kept:  # what is known of the folder stands with its first file, which may be left out
        known = [text for file in opened for text in file.left_out]
        unread = [text for file in opened for text in file.unread]
        kept[1:] = [replace(file, left_out=(), unread=()) for file in kept[1:]]
        kept[0] = replace(kept[0], left_out=tuple(known), unread=tuple(unread))
    return OpenedFiles(
        kept, [_explain(file, column) for file in opened if (column := missing[file.path])]
    )


def _find_missing_label(file: DataFile, among: Sequence[DataFile]) -> str | None:
    """The column of labels that all files but the held-out ones have, and this one lacks."""
    if find_file_split(file.path.name) not in ("validation", "test"):
        return None
    others = [one for one in among if find_file_split(one.path.name) in (None, "train")]
    columns = [column for one in others for column in one.columns]
    for name in dict.fromkeys(column.name for column in columns):
        alike = [column for column in columns if column.name == name]
        repeats = any(1 < one.distinct * MIN_ROWS_PER_VALUE <= one.filled for one in alike)
        if len(alike) == len(others) and repeats and _lacks_values(file, name, others):
            return name
    return None


def _lacks_values(file: DataFile, name: str, others: Sequence[DataFile]) -> bool:
    """Whether a file has no value of a column: it is missing, or one mark stands in all rows."""
    found = {row.get(name, "").strip() for row in file.preview_rows} - {""}
    if len(found) > 1 or len(file.preview_rows) < MIN_MARKED_ROWS:
        return name not in file.layout.columns
    known = {row.get(name, "").strip() for one in others for row in one.preview_rows}
    return found.isdisjoint(known)


def _explain(file: DataFile, column: str) -> Text:
    name, column = escape_controls(file.path.name), escape_controls(column)
    return Text(
        f"{name} is left out: it is named as held out, and has no column `{column}` with values as "
        "the other files have; add them to use it",
        f"未读取 {name}：文件名表明它是留出的数据，却没有其他文件都有的“{column}”列或其取值；"
        "补上即可使用",
    )
