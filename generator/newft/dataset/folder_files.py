"""Tell the files of a folder that hold records from those that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newft.dataset.column_match import Column, is_text_column
from newft.emitted.file_format import Remark
from newft.emitted.given_splits import find_file_split

MAX_SIDE_ROWS = 20  # of a file that describes others; data files with fewer rows teach nothing
MAX_LABEL_SHARE = 0.5  # distinct values of a column of labels, of its filled cells

UNRELATED_MESSAGE = (
    "{file} is left out: fewer than {rows} rows, and no text or label column of {main}"
)
UNLABELLED_MESSAGE = "{file} is left out: it lacks {columns}, which {main} has"
PLAIN_MESSAGE = "{file} is left out: it holds lines of text without labels, unlike {main}"
UNREADABLE_MESSAGE = "{file} is left out: it holds no records"

# faults of files that are no tables of records at all, such as a list of label names
EMPTY_FAULTS = (
    "the file holds no JSON objects",
    "the file has a header and no rows",
    "the file has no header",
    "the file is empty",
)

_UNLABELLED_PATTERN = re.compile(
    r"submission|unlabel|predict|without.?label|提交|未标注|无标签|待预测", re.IGNORECASE
)


@dataclass(frozen=True)
class FolderFile:
    """A file of a folder: its name, its kind, and its columns."""

    name: str
    kind: str
    columns: Sequence[Column]

    @property
    def rows(self) -> int:
        """The filled cells of the column that has most of them."""
        return max((column.filled for column in self.columns), default=0)

    @property
    def size(self) -> int:
        """The filled cells of all columns."""
        return sum(column.filled for column in self.columns)

    @property
    def may_lack_labels(self) -> bool:
        """Whether the name says that the file has no labels, or only predicted ones."""
        return bool(_UNLABELLED_PATTERN.search(self.name))


def find_side_files(files: Sequence[FolderFile]) -> Mapping[str, Remark]:
    """The files without records to learn from, by name, each with the reason."""
    if len(files) < 2:
        return {}
    main = max(
        files,
        key=lambda one: (not one.may_lack_labels, find_file_split(one.name) != "test", one.size),
    )
    reasons = {file.name: _find_reason(file, main) for file in files if file is not main}
    return {name: remark for name, remark in reasons.items() if remark}


def _find_reason(file: FolderFile, main: FolderFile) -> Remark | None:
    """Why a file is left out beside the main one."""
    values = {"file": file.name, "main": main.name}
    names, wanted = {one.name for one in file.columns}, {one.name for one in main.columns}
    if file.kind == "txt" and main.kind != "txt":
        return Remark(PLAIN_MESSAGE, values)
    needed = {one.name for one in main.columns if _is_needed(one)}
    if names.isdisjoint(needed) and file.rows < MAX_SIDE_ROWS <= main.rows:
        return Remark(UNRELATED_MESSAGE, {**values, "rows": MAX_SIDE_ROWS})
    lacking = [one for one in main.columns if one.name not in names and _is_needed(one)]
    if file.may_lack_labels and names < wanted and lacking:
        columns = ", ".join(f"`{one.name}`" for one in lacking)
        return Remark(UNLABELLED_MESSAGE, {**values, "columns": columns})
    return None


def _is_needed(column: Column) -> bool:
    """Whether a column may be the text or the label: prose, or few values that come back."""
    repeats = 1 < column.distinct <= MAX_LABEL_SHARE * column.filled
    return repeats or is_text_column(column)
