"""Tell the files of a folder that hold records from those that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newft.dataset.column_match import Column, is_text_column
from newft.emitted.given_splits import find_file_split
from newft.emitted.normalize import escape_controls
from newft.text import Text

MAX_SIDE_ROWS = 20  # of a file that describes others; data files with fewer rows teach nothing
MAX_NAMES = 5  # of what is not read in a folder
MAX_LABEL_SHARE = 0.5  # distinct values of a column of labels, of its filled cells

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


def find_side_files(files: Sequence[FolderFile]) -> dict[str, Text]:
    """The files without records to learn from, by name, each with the reason."""
    if len(files) < 2:
        return {}
    main = max(
        files,
        key=lambda one: (
            not one.may_lack_labels,
            find_file_split(one.name) != "test",
            one.kind != "txt",  # lines without labels, such as a long list of words
            one.size,
        ),
    )
    reasons = {file.name: _find_reason(file, main) for file in files if file is not main}
    return {name: reason for name, reason in reasons.items() if reason}


def explain_unreadable(name: str) -> Text:
    """Why a file without a record is left out."""
    return _explain(name, Text("it holds no records", "其中没有数据记录"))


def note_unread(folder: Path, files: Sequence[Path]) -> tuple[Text, ...]:
    """Name what of a folder is no data file: files of other kinds, and folders in it."""
    if not folder.is_dir() or folder in files:
        return ()
    taken = {file.name for file in files}
    taken |= {f"{file.relative_to(folder).parts[0]}/" for file in files if folder in file.parents}
    inside = (one for one in folder.iterdir() if not one.name.startswith((".", "~$")))
    others = sorted(f"{one.name}/" if one.is_dir() else one.name for one in inside)
    others = [escape_controls(name) for name in others if name not in taken]
    if not others:
        return ()
    names, more = others[:MAX_NAMES], len(others) - MAX_NAMES
    en = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    zh = "、".join(names) + (f" 等 {len(others)} 项" if more > 0 else "")
    return (
        Text(
            f"not read, as they are folders or no data files: {en}",
            f"以下是文件夹或不是数据文件，未读取：{zh}",
        ),
    )


def _find_reason(file: FolderFile, main: FolderFile) -> Text | None:
    """Why a file is left out beside the main one."""
    beside = escape_controls(main.name)
    names, wanted = {one.name for one in file.columns}, {one.name for one in main.columns}
    if file.kind == "txt" and main.kind != "txt":
        en = f"it holds lines of text without labels, unlike {beside}"
        return _explain(file.name, Text(en, f"只有文本行而没有标签，与 {beside} 不同"))
    needed = {one.name for one in main.columns if _is_needed(one)}
    if names.isdisjoint(needed) and file.rows < MAX_SIDE_ROWS <= main.rows:
        en = f"fewer than {MAX_SIDE_ROWS} rows, and no text or label column of {beside}"
        zh = f"不足 {MAX_SIDE_ROWS} 行，且与 {beside} 没有相同的文本列或标签列"
        return _explain(file.name, Text(en, zh))
    lacking = escape_controls(", ".join(f"`{name}`" for name in sorted(needed - names)))
    if file.may_lack_labels and names < wanted and lacking:
        en = f"it lacks {lacking}, which {beside} has"
        return _explain(file.name, Text(en, f"缺少 {beside} 中的列 {lacking}"))
    return None


def _explain(name: str, reason: Text) -> Text:
    name = escape_controls(name)
    return Text(f"{name} is left out: {reason.en}", f"未读取 {name}：{reason.zh}")


def _is_needed(column: Column) -> bool:
    """Whether a column may be the text or the label: prose, or few values that come back."""
    repeats = 1 < column.distinct <= MAX_LABEL_SHARE * column.filled
    return repeats or is_text_column(column)
