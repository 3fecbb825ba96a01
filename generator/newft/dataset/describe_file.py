"""Describe data files in a refusal: how a file was read, and what its columns hold.

The description fits a terminal of 24 lines: one line for the file and one for each column.
Names and values from the files are escaped, so that none can look like output of newft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from newft.dataset.column_match import Column
from newft.emitted.file_format import FileFormat
from newft.emitted.normalize import escape_controls
from newft.i18n import translate_template
from newft.text import Text, join_texts, pluralize, to_bilingual_text
from newft.text_layout import clip_text, measure_width, wrap_text

if TYPE_CHECKING:
    from newft.dataset.column_mapping import DataFile

PREVIEW_ROW_COUNT = 1_000  # rows of a file that columns are profiled on
MAX_COLUMNS_DESCRIBED = 12  # with the reasons and the hint, 24 lines
MAX_EXAMPLES_DESCRIBED = 2
MAX_NAME_WIDTH = 24  # terminal cells of a column name
MAX_EXAMPLE_WIDTH = 24  # terminal cells of one value
MAX_LINE_WIDTH = 78  # terminal cells: a line of 80 with a margin
MAX_REMARKS_LISTED = 2
MAX_TASKS_NAMED = 2  # of those with one reason
MAX_REASONS_LISTED = 6  # why tasks were not taken

_INDENT = "  "
_KINDS = {
    "jsonl": Text("JSON, one object a line", "JSON（每行一个对象）"),
    "json": Text("one JSON document", "单个 JSON 文档"),
    "txt": Text("plain lines of text", "纯文本行"),
    "fasttext": Text("lines of fastText", "fastText 格式的文本行"),
    "html": Text("the table of a web page or of XML", "网页或 XML 中的表格"),
    "folder": Text("a folder of text files", "文本文件的文件夹"),
}
_DELIMITERS = {"\t": Text("tab", "制表符")}


def describe_files(files: Sequence[DataFile]) -> Text:
    """Return the description of the first file; further files are counted."""
    if not files:
        return Text("", "")
    described = describe_file(files[0])
    if more := len(files) - 1:
        other = Text(f"({pluralize(more, 'other file')})", f"（另有 {more:,} 个文件）")
        described = _join_lines([described, _indent(other, 1)])
    return described


def describe_file(file: DataFile) -> Text:
    """Return how a file was read, and two values of each of its first columns."""
    columns = file.columns[:MAX_COLUMNS_DESCRIBED]
    names = [_shorten(column.name, MAX_NAME_WIDTH) for column in columns]
    width = max(map(measure_width, names), default=0)
    lines = [_indent(_describe_format(file.path.name, file.layout, _count_rows(file)), 1)]
    for name, column in zip(names, columns, strict=True):
        blanks = " " * (width - measure_width(name))
        lines.append(_indent(_describe_column(f"{name}{blanks}", column), 2))
    if more := len(file.columns) - len(columns):
        lines.append(_indent(Text(f"({more:,} more columns)", f"（另有 {more:,} 列）"), 2))
    losses = [one for one in file.layout.remarks if not one.information]
    for remark in losses[:MAX_REMARKS_LISTED]:  # such as formulas that have no value
        said = translate_template(remark.template, **remark.values)
        lines.append(Text(*(_wrap(f"{_INDENT}{words}") for words in said)))
    return _join_lines(lines)


def list_reasons(reasons: Mapping[str, Text]) -> Text:
    """Return why each task was not taken, the tasks with one reason on one line."""
    tasks: dict[Text, list[str]] = {}
    for task, reason in reasons.items():
        tasks.setdefault(reason, []).append(task)
    lines = [_indent(Text("not taken:", "未采用的任务："), 1)]
    for reason, named in [*tasks.items()][:MAX_REASONS_LISTED]:
        listed = _list_tasks(named)
        en, zh = f"{listed.en}: {reason.en}", f"{listed.zh}：{reason.zh}"
        lines.append(Text(*(_wrap(f"{2 * _INDENT}{words}") for words in (en, zh))))
    if (more := len(tasks) - MAX_REASONS_LISTED) > 0:
        lines.append(_indent(Text(f"({more} more)", f"（另有 {more} 个）"), 2))
    return _join_lines(lines)


def _list_tasks(names: Sequence[str]) -> Text:
    """Return the first tasks of a reason, which are the nearest, and how many more it holds for."""
    shown, more = names[:MAX_TASKS_NAMED], len(names) - MAX_TASKS_NAMED
    en, zh = ", ".join(shown), "、".join(shown)
    return Text(f"{en} and {more} more", f"{zh} 等 {len(names)} 个") if more > 0 else Text(en, zh)


def _count_rows(file: DataFile) -> Text:
    """Return how many rows a file has, as far as they were read."""
    rows = len(file.preview_rows)
    more = " or more" if rows >= PREVIEW_ROW_COUNT else ""
    return Text(f"{pluralize(rows, 'row')}{more}", f"{rows:,} 行" + ("以上" if more else ""))


def _describe_format(name: str, layout: FileFormat, rows: Text) -> Text:
    """Return the kind, the encoding, the delimiter or the sheet, and the header of a file."""
    kind = _KINDS.get(layout.kind)
    parts = [to_bilingual_text(layout.kind) if kind is None else kind]
    if layout.encoding:
        parts.append(to_bilingual_text(layout.encoding))
    if layout.delimiter:
        mark = _DELIMITERS.get(layout.delimiter, to_bilingual_text(f"`{layout.delimiter}`"))
        parts.append(Text(f"delimiter {mark.en}", f"分隔符 {mark.zh}"))
    if layout.sheet and layout.kind != "html":
        sheet = _shorten(layout.sheet, MAX_NAME_WIDTH)
        parts.append(Text(f"sheet `{sheet}`", f"工作表“{sheet}”"))
    if layout.header_row:
        at = "-".join(dict.fromkeys(map(str, (layout.header_row[0], layout.header_row[-1]))))
        parts.append(Text(f"header in row {at}", f"表头在第 {at} 行"))
    listed = join_texts([*parts, rows], Text(", ", "，"))
    shown = _shorten(name, MAX_LINE_WIDTH // 2)
    return Text(f"{shown}: {listed.en}", f"{shown}：{listed.zh}")


def _describe_column(name: str, column: Column) -> Text:
    """Return the name of a column with its first values, and how many differ."""
    if column.nested and not column.filled:
        return Text(f"{name}  (objects or lists)", f"{name}  （对象或列表）")
    if not column.filled:
        return Text(f"{name}  (empty)", f"{name}  （空）")
    shown = [_shorten(one, MAX_EXAMPLE_WIDTH) for one in column.examples[:MAX_EXAMPLES_DESCRIBED]]
    values, many = " | ".join(shown), column.distinct
    if many <= len(shown):
        return to_bilingual_text(f"{name}  {values}")
    return Text(f"{name}  {values} ({many:,} values)", f"{name}  {values}（{many:,} 种）")


def _shorten(text: str, width: int) -> str:
    """Return the beginning of a text on one line, escaped, in so many terminal cells."""
    line = escape_controls(" ".join(text[: 4 * width].split()))
    if measure_width(line) <= width and len(text) <= 4 * width:
        return line
    return clip_text(line, width - 3).rstrip() + "..."


def _indent(line: Text, depth: int) -> Text:
    """Return a line indented, and cut at the width of a terminal."""
    return Text(*(_cut(f"{_INDENT * depth}{words}") for words in line))


def _wrap(line: str) -> str:
    return "\n".join(wrap_text(line, MAX_LINE_WIDTH))


def _cut(line: str) -> str:
    if measure_width(line) <= MAX_LINE_WIDTH:
        return line
    return clip_text(line, MAX_LINE_WIDTH - 3).rstrip() + "..."


def _join_lines(lines: Sequence[Text]) -> Text:
    return join_texts(lines, Text("\n", "\n"))
