"""Say why records were not taken for a task, and which option or edit helps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newft.dataset.column_kinds import ColumnKinds, sort_columns
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import Column, ColumnMatch, match_columns
from newft.dataset.mark_columns import MATRIX_HINT, find_mark_columns
from newft.dataset.outcome_request import ask_for_outcome, describes_person, name_task
from newft.dataset.record_shape import MIN_MEASURED_COLUMNS
from newft.emitted.normalize import escape_controls
from newft.schema.kit import Task
from newft.text import Text

MIN_LISTED_SHARE = 0.1  # of the rows with a label: fewer with several of them may be left out
MAX_TYPICAL_SHOWN = 3  # values by which a task is recognised
NO_TEXT = Text("no column with text of several words", "没有由多个词组成的文本列")
NO_LABEL = Text(
    "no column whose short values repeat, as labels do", "没有标签列（取值简短且重复出现）"
)
LABELS_NEEDED = Text(
    "add a column that holds the label of each text, one of a closed list; newft does not train on "
    "free replies",
    "请增加一列，为每条文本写上标签（取自固定的标签列表）；newft 不支持训练自由回复",
)
RECORDS_NEEDED = Text(
    "give a file with a column of labels that repeat, and beside it the text or the values that "
    "each label is told from",
    "请提供带标签列的文件（标签会重复出现），旁边是据以判断标签的文本或取值",
)
ONE_RECORD = Text(
    "it holds a single record, as settings do: give the file with the records",
    "其中只有一条记录，像是配置文件：请提供存放数据的文件",
)
# the end of a path or an address of a picture, a recording or a document
_FILE_NAME_PATTERN = re.compile(
    r"\.(jpe?g|png|gif|bmp|webp|tiff?|svg|wav|mp3|m4a|mp4|avi|pdf|docx?)$", re.IGNORECASE
)


def explain_tasks(files: Sequence[DataFile], tasks: Mapping[str, Task]) -> dict[str, Text]:
    """Return why the records were not taken for each task."""
    file = find_file_at_fault(files)
    return {name: _explain_task(file, task) for name, task in tasks.items()}


def find_file_at_fault(files: Sequence[DataFile]) -> DataFile:
    """Return the first file without a text or without a label, or else the first file."""
    for file in files:
        kinds = sort_columns(file.columns)
        if not kinds.texts or not kinds.labels:
            return file
    return files[0]


def suggest_edit(files: Sequence[DataFile], tasks: Mapping[str, Task]) -> Text:
    """Return the one option, or the one change of the file, that makes a task fit."""
    file = find_file_at_fault(files)
    kinds = sort_columns(file.columns)
    of_text = next((name for name, task in tasks.items() if _asks_for_text(task)), None)
    of_table = next((name for name, task in tasks.items() if task.tabular), None)
    if len(file.preview_rows) < 2:
        return ONE_RECORD
    if lists := _suggest_task_of_lists(file, kinds, tasks):
        return lists
    marked = find_mark_columns(file.columns)
    labels = [name for name in kinds.labels if not describes_person(name, tasks)]
    if of_text and marked and {*labels} <= {*marked}:
        return MATRIX_HINT
    if of_text and kinds.texts and labels:
        given = {"text": kinds.texts[0], "label": labels[0]}
        return name_task(tasks[of_text], of_text, given)
    if kinds.texts:
        return LABELS_NEEDED
    if named := _explain_file_names(file):
        return named
    if of_table and len(kinds.labels) + len(kinds.inputs) >= MIN_MEASURED_COLUMNS:
        return ask_for_outcome(file.columns, tasks[of_table], of_table)
    return RECORDS_NEEDED


def _explain_file_names(file: DataFile) -> Text | None:
    """Say which column names files, such as pictures, and that they are not opened."""
    for column in file.columns:
        if any(map(_FILE_NAME_PATTERN.search, column.examples)):
            named = escape_controls(column.name)
            return Text(
                f"`{named}` names files, which are not opened: give a column with their text",
                f"“{named}”列只是文件名，newft 不会打开这些文件：请增加一列写入其文本",
            )
    return None


def _explain_task(file: DataFile, task: Task) -> Text:
    """Return the first thing that the columns of a file lack for a task."""
    kinds, matched = (
        sort_columns(file.columns),
        match_columns(file.columns, task.single_fields, known={}),
    )
    if task.tabular:
        if kinds.texts:
            named = escape_controls(kinds.texts[0])
            return Text(
                f"`{named}` holds text; it reads tables", f"“{named}”是文本，而此任务读取表格"
            )
        return _explain_label(task, kinds)
    for name in matched.missing:
        if task.fields[name].role == "text":
            return NO_TEXT
        if task.fields[name].role == "label":
            return _explain_label(task, kinds)
        title = task.fields[name].title
        return Text(f"no column for its {title.en}", f"没有“{title.zh}”列")
    if matched.unclear:
        name, columns = next(iter(matched.unclear.items()))
        title, listed = task.fields[name].title, [f"`{escape_controls(c)}`" for c in columns[:3]]
        return Text(
            f"its {title.en} may be {' or '.join(listed)}",
            f"“{title.zh}”可能是 {' 或 '.join(listed)}",
        )
    return _explain_values(task, matched)


def _is_list(column: Column) -> bool:
    """Tell whether many rows have several labels, be they less than half."""
    return column.several >= max(1, MIN_LISTED_SHARE * column.filled)


def _suggest_task_of_lists(
    file: DataFile, kinds: ColumnKinds, tasks: Mapping[str, Task]
) -> Text | None:
    """Return the options of the task whose records may have several labels, if these have."""
    name = next((name for name, task in tasks.items() if task.label_rules.separator), None)
    label = next((one for one in file.columns if one.name in kinds.labels and _is_list(one)), None)
    if name is None or label is None or not kinds.texts or len(kinds.labels) > 1:
        return None
    command = name_task(tasks[name], name, {"text": kinds.texts[0], "label": label.name})
    named = escape_controls(label.name)
    return Text(
        f"`{named}` gives several labels in {label.several:,} of {label.filled:,} rows, and the "
        f"task that takes several is {name}; {command.en}",
        f"“{named}”列在 {label.filled:,} 行中有 {label.several:,} 行是多个标签，"
        f"可有多个标签的任务是 {name}；{command.zh}",
    )


def _explain_label(task: Task, kinds: ColumnKinds) -> Text:
    typical = next((one.typical for one in task.fields.values() if one.role == "label"), ())
    if typical and not task.tabular:
        listed = _list_typical(typical)
        return Text(f"no column with labels such as {listed.en}", f"没有取值如 {listed.zh} 的列")
    if not kinds.labels:
        return NO_LABEL
    title = next(one.title for one in task.fields.values() if one.role == "label")
    return Text(f"no column is named as its {title.en.lower()}", f"没有列名表示“{title.zh}”的列")


def _explain_values(task: Task, matched: ColumnMatch) -> Text:
    """Return which field has values that no record of the task has."""
    named = [name for name in matched.columns if task.fields[name].typical]
    if not named:
        return Text("another task fits better", "其他任务更合适")
    column = escape_controls(matched.columns[named[0]])
    listed = _list_typical(task.fields[named[0]].typical)
    return Text(
        f"`{column}` holds nothing such as {listed.en}",
        f"“{column}”列中没有 {listed.zh} 之类的内容",
    )


def _list_typical(typical: Sequence[str]) -> Text:
    """Return the first typical values in each language, where there are any."""
    ascii_first = sorted(typical, key=lambda value: not value.isascii())
    chinese_first = sorted(typical, key=str.isascii)
    en, zh = ascii_first[:MAX_TYPICAL_SHOWN], chinese_first[:MAX_TYPICAL_SHOWN]
    return Text(", ".join(en), "、".join(zh))


def _asks_for_text(task: Task) -> bool:
    """Return whether a text and a label are all that a task needs."""
    roles = sorted(field.role for field in task.fields.values() if field.required)
    roles = [role for role in roles if role not in ("protected", "excluded")]
    return roles == ["label", "text"]
