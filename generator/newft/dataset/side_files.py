"""Leave out files that lie beside the records: a test set whose labels are kept back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from newft.dataset.column_mapping import DataFile, open_files
from newft.emitted.given_splits import find_file_split
from newft.emitted.normalize import escape_controls
from newft.text import Text

MIN_ROWS_PER_VALUE = 2  # on average, of a column of labels: texts and ids hardly repeat


class OpenedFiles(NamedTuple):
    """The files with records, and what is said of those that were left out."""

    sources: list[DataFile]
    left_out: list[Text]


def open_labelled_files(files: Sequence[str]) -> OpenedFiles:
    """Open data files, and leave out those that are named as held out and have no labels."""
    opened = open_files(files)
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
        if len(alike) == len(others) and repeats and name not in file.layout.columns:
            return name
    return None


def _explain(file: DataFile, column: str) -> Text:
    name, column = escape_controls(file.path.name), escape_controls(column)
    return Text(
        f"{name} is left out: it is named as held out, and has no column `{column}` as the other "
        "files have; add that column to use it",
        f"未读取 {name}：文件名表明它是留出的数据，却没有其他文件都有的“{column}”列；"
        "补上这一列即可使用",
    )
