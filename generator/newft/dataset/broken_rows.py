"""Explain rows that cannot be used: the cause, the first one with its content, and what helps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from newft.data_errors import translate_record_errors
from newft.dataset.column_mapping import DataFile
from newft.dataset.row_stats import RowPlace, RowStats
from newft.emitted.delimited import read_grid
from newft.emitted.file_access import open_text, wrap_file_errors
from newft.emitted.file_format import FileFormat
from newft.emitted.normalize import escape_controls
from newft.schema.kit import FieldRole, Task
from newft.text import Text
from newft.text_layout import clip_text

MAX_LINE_SHOWN = 60  # terminal cells of the line that is shown
MAX_LINE_CHARS = 1_000  # that are read of it
DELIMITED_KINDS, LINE_KINDS = ("csv", "tsv"), ("jsonl", "txt")

FILE_FAULTS = ("broken_row", "bad_encoding", "too_long")  # of a whole row, whatever its columns
SHOWN_FAULTS = (*FILE_FAULTS, "nested_value", "several_labels")  # that the line itself shows

_EMPTY_FIELDS: Mapping[str, FieldRole] = {
    "empty_input": "text",
    "empty_label": "label",
    "empty_recommendation": "recommendation",
}
_LINE_END_PATTERN = re.compile(r"\r\n|\r|\n")
_ADVICE = {
    "bad_encoding": Text(
        "save the file again as UTF-8 from the program that it comes from (in Excel: CSV UTF-8)",
        "请用生成此文件的程序重新存为 UTF-8（Excel 中选 CSV UTF-8）",
    ),
    "too_long": Text(
        "split or cut such texts; an unclosed quote may join many lines into one",
        "请拆分或截短过长的文本；引号没有闭合也会把许多行连成一行",
    ),
    "several_labels": Text("keep one label in each row", "每行只保留一个标签"),
    "duplicate": Text("give rows whose texts differ", "请提供文本互不相同的数据"),
}


def find_cause(rejects: Mapping[str, int], *, rows: int, usable: int, needed: int) -> str:
    """Return the code by which too few rows are left; empty where there are too few anyway."""
    code = max(rejects, key=rejects.__getitem__, default="")
    many = rejects.get(code, 0)
    return code if 2 * many > rows or usable + many >= needed else ""


def get_advice(code: str, task: Task, stats: RowStats, layout: FileFormat) -> Text | None:
    """Return what helps where rows are rejected by a code; None where more rows help."""
    if code == "broken_row":
        return _advise_on_cells(layout)
    role = _EMPTY_FIELDS.get(code)
    if role and (columns := stats.columns.get(role)):
        named = escape_controls(columns[0])
        return Text(f"fill in `{named}`", f"请填写“{named}”列")
    separated = task.label_rules.separator is not None
    return None if separated and code == "several_labels" else _ADVICE.get(code)


def describe_first(code: str, sources: Sequence[DataFile], stats: RowStats) -> Text | None:
    """Return where the first row rejected by a code is, with its content where that is a line."""
    place = stats.first_rejected.get(code) if code in SHOWN_FAULTS else None
    source = next((one for one in sources if place and str(one.path) == place.file), None)
    if place is None or source is None:
        return None
    layout = source.layout
    with translate_record_errors(), wrap_file_errors(source.path):
        line = _find_line(source.path, layout, place)
        shown = _read_line(source.path, layout, line) if line else ""
    name = escape_controls(source.path.name)
    named = Text(f"in {name}, ", f"{name} ") if len(sources) > 1 else Text("", "")
    place_named = f"line {line}: `{shown}`" if line else f"row {place.number}"
    place_named_zh = f"第 {line} 行：`{shown}`" if line else f"第 {place.number} 行"
    return Text(f"the first is {named.en}{place_named}", f"第一处在{named.zh}{place_named_zh}")


def _advise_on_cells(layout: FileFormat) -> Text:
    if layout.kind in DELIMITED_KINDS:
        mark, cells = "tab" if layout.delimiter == "\t" else layout.delimiter, len(layout.places)
        return Text(
            f"give each line {cells} cells, as the header has; put a text that contains `{mark}` "
            "or a quote in double quotes, or save the table as xlsx",
            f"每行应与表头一样有 {cells} 个单元格；含有 `{mark}` 或引号的文本要放在双引号内，"
            "或另存为 xlsx",
        )
    if layout.kind == "jsonl":
        return Text(
            'write one JSON object on each line, such as {"text": "...", "label": "..."}',
            '每行写一个 JSON 对象，例如 {"text": "...", "label": "..."}',
        )
    return Text(
        "write each record as one object or row with the same columns",
        "每条记录应是一个对象或一行，且列相同",
    )


def _find_line(path: Path, layout: FileFormat, place: RowPlace) -> int:
    """Return the line that a record begins in, which cells of several lines move; 0: no line."""
    if layout.kind in LINE_KINDS and not layout.shape:
        return place.number
    if layout.kind not in DELIMITED_KINDS:
        return 0
    line = 1
    for number, cells in read_grid(path, layout):
        if number >= place.number:
            break
        line += 1 + sum(len(_LINE_END_PATTERN.findall(cell)) for cell in map(str, cells or ()))
    return line


def _read_line(path: Path, layout: FileFormat, line: int) -> str:
    newline = "" if layout.kind in DELIMITED_KINDS else None
    with open_text(path, layout.encoding, newline=newline) as lines:
        text = next(islice(lines, line - 1, line), "").strip("\r\n")
    shown = escape_controls(text[:MAX_LINE_CHARS])
    cut = clip_text(shown, MAX_LINE_SHOWN)
    return cut if cut == shown and len(text) <= MAX_LINE_CHARS else f"{cut.rstrip()}..."
