"""Why records cannot be of a task: what they lack, or hold where the task needs another thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import (
    Column,
    ColumnMatch,
    is_text_column,
    match_columns,
    score_name,
    tells_outcome,
)
from newft.dataset.domain_words import MAX_RECORD_CHARS
from newft.dataset.label_kind import NOT_LABELS, find_label_kind
from newft.dataset.label_parsing import list_normalized_labels
from newft.dataset.record_shape import Traits, list_shapes
from newft.emitted.label_rules import read_label
from newft.emitted.normalize import escape_controls
from newft.schema.kit import Field, Task
from newft.schema.record_shape import SHAPE_TITLES
from newft.text import Text, join_names
from newft.text_layout import clip_text

MIN_TYPICAL_SHARE = 1 / 3  # of the values: fewer may be chance, and no file has only typical ones
MAX_NUMBER_SHARE = 0.5  # of the values of a text, as for labels: more are a column of ids
MAX_EXAMPLES = 2
MAX_EXAMPLE_WIDTH = 32  # terminal cells

_WORD_PATTERN = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Records:
    """Data files with what their columns hold."""

    files: Sequence[DataFile]
    traits: Sequence[Traits]  # of each file

    @property
    def table(self) -> bool:
        """Whether most columns of every file measure something."""
        return all(one.table for one in self.traits)

    @property
    def has_prose(self) -> bool:
        """Whether in every file one text is longer than all other columns together."""
        return not self.table and all(_has_prose_column(file) for file in self.files)


@dataclass(frozen=True)
class TaskFit:
    """How records fit a task; `misfit` says why they do not, whatever domain they are of."""

    task: Task
    matches: Sequence[ColumnMatch]  # of each file
    misfit: Text | None = None
    untypical: Text | None = None  # why values are not those that the task is told by
    typical_fields: int = 0  # whose values are typical of the task

    def has_named(self, role: str) -> bool:
        """Tell whether every file has a column for the role by name, not by values alone."""
        names = [name for name, field in self.task.single_fields.items() if field.role == role]
        return bool(names) and all(
            name in matched.columns and name not in matched.guessed
            for name in names
            for matched in self.matches
        )

    @property
    def has_context(self) -> bool:
        """Whether every file has a column for what the question about a text names."""
        name = self.task.context_field
        return name is not None and all(name in matched.columns for matched in self.matches)


def match_task(records: Records, task: Task) -> TaskFit:
    """Match the columns of each file to the fields of a task."""
    fields = task.single_fields
    return TaskFit(task, [match_columns(file.columns, fields, known={}) for file in records.files])


def find_misfit(fit: TaskFit, records: Records, *, has_text: bool, named: bool) -> Text | None:
    """Return why the structure of records is not that of a task; None if it is.

    Who named the task or its domain may well have numbers for labels.
    """
    missing = next((name for one in fit.matches for name in one.missing), None)
    if missing is not None:
        title = fit.task.fields[missing].title
        return Text(
            f"no column can be its `{missing}` ({title.en})",
            f"没有哪一列可以作为 `{missing}`（{title.zh}）",
        )
    if fit.task.tabular:
        return _find_table_misfit(fit, records, has_text=has_text)
    if records.table and not fit.has_named("text"):
        return Text("most columns are figures, and none is a text", "多数列是数值，没有文本列")
    return None if named else _find_text_misfit(fit, records) or _find_label_misfit(fit, records)


def _find_table_misfit(fit: TaskFit, records: Records, *, has_text: bool) -> Text | None:
    if has_text:
        return Text("it is for tables, and these records are texts", "它用于表格，而这些记录是文本")
    if fit.has_named("label") or _has_tied_outcomes(fit, records):
        return None
    field = next(one for one in fit.task.single_fields.values() if one.role == "label")
    names = join_names(field.synonyms[:MAX_EXAMPLES])
    return Text(
        f"no column is named as its label is, such as {names.en}",
        f"没有哪一列的名称像它的标签，例如 {names.zh}",
    )


def _holds_outcome(fit: TaskFit, records: Records, name: str) -> bool:
    """Tell whether in every file the column of a label holds an outcome that the task scores."""
    return all(
        any(
            tells_outcome(column, fit.task.fields[name])
            for column in file.columns
            if column.name in _list_read(fit, matched, name)
        )
        for file, matched in zip(records.files, fit.matches, strict=True)
    )


def _has_tied_outcomes(fit: TaskFit, records: Records) -> bool:
    """Tell whether in every file several columns hold an outcome: the user says which is meant."""
    name, field = next((n, f) for n, f in fit.task.single_fields.items() if f.role == "label")
    return all(
        any(tells_outcome(column, field) for column in _list_tied(file, matched, name))
        for file, matched in zip(records.files, fit.matches, strict=True)
    )


def _list_tied(file: DataFile, matched: ColumnMatch, name: str) -> list[Column]:
    tied = matched.unclear.get(name, ())
    return [column for column in file.columns if column.name in tied]


def _find_text_misfit(fit: TaskFit, records: Records) -> Text | None:
    """Return which column is named as a text, and holds numbers or ids such as `T-10481`."""
    for file, matched in zip(records.files, fit.matches, strict=True):
        numbered = {one.name for one in file.columns if one.number_share > MAX_NUMBER_SHARE}
        for name, field in fit.task.single_fields.items():
            column = matched.columns.get(name)
            if field.role == "text" and column is not None and column in numbered:
                named = escape_controls(column)
                return Text(
                    f"`{named}` holds numbers or ids, no text", f"“{named}”列是数字或编号，不是文本"
                )
    return None


def _find_label_misfit(fit: TaskFit, records: Records) -> Text | None:
    """Return why the column of a label holds no labels of a closed list."""
    separator = fit.task.label_rules.separator
    for file, traits, matched in zip(records.files, records.traits, fit.matches, strict=True):
        for name, field in fit.task.single_fields.items():
            unclear = matched.unclear.get(name, ())
            column = matched.columns.get(name) or next(iter(unclear), None)
            if field.role != "label" or column is None:
                continue
            kind = find_label_kind([row[column] for row in file.preview_rows], separator)
            if kind in NOT_LABELS and not unclear:
                return _explain_kind(column, NOT_LABELS[kind], file)
            shapes = list_shapes(traits)
            by_name = score_name(column, field.synonyms)[0] > 0
            if not by_name and shapes[:1] in (("document",), ("dialogue",)):
                return _explain_shape(column, SHAPE_TITLES[shapes[0]])
    return None


def _explain_kind(column: str, kind: Text, file: DataFile) -> Text:
    values = list(dict.fromkeys(row[column] for row in file.preview_rows if row[column]))
    shown = Text(_quote(values, ", "), _quote(values, "、"))
    return Text(
        f"`{escape_controls(column)}` holds {kind.en} ({shown.en}), not labels of a closed list",
        f"“{escape_controls(column)}”列是{kind.zh}（{shown.zh}），不是封闭列表中的标签",
    )


def _explain_shape(column: str, title: Text) -> Text:
    return Text(
        f"the records are of the shape `{title.en}`, and `{escape_controls(column)}` is not named "
        "as a label",
        f"记录的形式是“{title.zh}”，而“{escape_controls(column)}”列的名称不像标签",
    )


def find_untypical(fit: TaskFit, records: Records) -> tuple[Text | None, int]:
    """Return why values are not typical of a task, or how many fields have typical values."""
    found = 0
    for name, field in fit.task.single_fields.items():
        if not field.typical:
            continue
        values = [value for value in _collect_values(fit, records, name) if value]
        typical = _count_typical_values(values, field, fit.task)
        if _holds_outcome(fit, records, name):
            typical = len(values)  # in the words of another language, or in letters
        if field.role == "text" and fit.has_context and fit.has_named("context"):
            continue  # the column of what is asked about tells the task, however short texts are
        if not values or typical < MIN_TYPICAL_SHARE * len(values):
            return _explain_untypical(fit, name, typical / max(1, len(values))), 0
        found += 1
    return None, found


def _explain_untypical(fit: TaskFit, name: str, share: float) -> Text:
    field = fit.task.fields[name]
    column = next((one.columns[name] for one in fit.matches if name in one.columns), name)
    named, shown = escape_controls(column), _quote_typical(field.typical)
    if field.role == "label":
        return Text(
            f"`{named}` holds labels of its kind, such as {shown.en}, in {share:.0%} of the rows",
            f"“{named}”列只有 {share:.0%} 的行是它的标签，例如 {shown.zh}",
        )
    return Text(
        f"`{named}` has its words, such as {shown.en}, in {share:.0%} of the rows",
        f"“{named}”列只有 {share:.0%} 的行含有它的用词，例如 {shown.zh}",
    )


def _quote_typical(typical: Sequence[str]) -> Text:
    """Quote the first values of each language, where there are any."""
    english = sorted(typical, key=lambda value: not value.isascii())
    chinese = sorted(typical, key=str.isascii)
    return Text(_quote(english, ", "), _quote(chinese, "、"))


def _quote(values: Sequence[str], mark: str) -> str:
    """Quote the first values, each on one line and clipped."""
    shown = (clip_text(" ".join(value.split()), MAX_EXAMPLE_WIDTH) for value in values)
    return mark.join(f"`{escape_controls(value)}`" for value in islice(shown, MAX_EXAMPLES))


def _has_prose_column(file: DataFile) -> bool:
    """Tell whether one text column is longer than all other columns together."""
    longest = max(file.columns, key=lambda column: column.length)
    others = sum(column.length for column in file.columns) - longest.length
    return is_text_column(longest) and longest.length > others


def _collect_values(fit: TaskFit, records: Records, name: str) -> list[str]:
    """Return the first values of a field in every file."""
    return [
        row[column]
        for file, matched in zip(records.files, fit.matches, strict=True)
        for column in _list_read(fit, matched, name)
        for row in file.preview_rows
    ]


def _list_read(fit: TaskFit, matched: ColumnMatch, name: str) -> tuple[str, ...]:
    """Return the column of a field, or of a table the first of those that are tied."""
    if name in matched.columns:
        return (matched.columns[name],)
    return matched.unclear.get(name, ())[:1] if fit.task.tabular else ()


def _count_typical_values(values: Sequence[str], field: Field, task: Task) -> int:
    """Count the values that are typical of the task."""
    if field.role == "label":
        known = {read_label(name, task.label_rules) for name in field.typical}
        return sum(not known.isdisjoint(list_normalized_labels(value, task)) for value in values)
    return sum(_contains_word(value.casefold(), field.typical) for value in values)


def _contains_word(text: str, words: Sequence[str]) -> bool:
    latin = set(_WORD_PATTERN.findall(text))
    return any(word in latin if word.isascii() else word in text for word in words)


def list_scored_texts(records: Records) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and what each record says in words."""
    names: dict[str, None] = {}
    texts: list[str] = []
    for file, traits in zip(records.files, records.traits, strict=True):
        figures = {column.name for column in traits.measured}
        said = [column.name for column in file.columns if column.name not in figures]
        names |= dict.fromkeys(column.name for column in file.columns)
        texts += [
            "\n".join(row[name][:MAX_RECORD_CHARS] for name in said) for row in file.preview_rows
        ]
    return list(names), texts
