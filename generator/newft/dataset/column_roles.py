"""Classify the columns of a table: inputs, protected, excluded, and columns that leak the label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newft.dataset.column_leaks import LabelPredictability, measure_predictability
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import Column, is_id_column, profile_column
from newft.dataset.protected_terms import is_barred_name
from newft.emitted.label_rules import read_label
from newft.emitted.normalize import MISSING_VALUE_PATTERN, is_missing, normalize_label
from newft.emitted.quantities import find_mixed_units
from newft.schema.kit import Task
from newft.text import Text

MIN_VALUE_SHARE = 0.9  # of the values; the others are missing marks and typing errors

_DATE_PATTERN = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d.*)?"
)


@dataclass(frozen=True)
class ColumnRoles:
    """The roles of the columns that no field uses, in the order of the files."""

    inputs: tuple[str, ...]
    protected: tuple[str, ...]
    excluded: tuple[str, ...]
    leaks: Mapping[str, LabelPredictability]  # predict the label and are not shown
    suspects: Mapping[str, LabelPredictability]  # predict much of the label and are shown


@dataclass(frozen=True)
class SampledFile:
    """A data file with a sample of its rows."""

    file: DataFile
    rows: Sequence[Mapping[str, str]]


def classify_columns(
    files: Sequence[SampledFile],
    task: Task,
    mapping: Mapping[str, Sequence[str]],
    *,
    others: Sequence[str] = (),
) -> ColumnRoles:
    """Classify the columns that no field uses, nor the `others`; a text task shows none of them."""
    taken = {*others, *(column for among in mapping.values() for column in among)}
    labels = next(mapping[name] for name, field in task.fields.items() if field.role == "label")
    contexts = {
        column
        for name, among in mapping.items()
        if task.fields[name].role == "context"
        for column in among
    }
    found: dict[str, dict[str, None]] = {"input": {}, "protected": {}, "excluded": {}}
    leaks: dict[str, LabelPredictability] = {}
    suspects: dict[str, LabelPredictability] = {}
    for sampled in files:
        label = next(name for name in labels if name in sampled.file.layout.columns)
        for name in sampled.file.layout.columns:
            if name in taken - contexts:
                continue
            values = [row[name].strip() for row in sampled.rows]
            prediction = measure_predictability(
                [
                    (value, read_label(row[label], task.label_rules))
                    for value, row in zip(values, sampled.rows, strict=True)
                ]
            )
            if name in contexts:
                if prediction.is_at_least_suspect:
                    suspects[name] = prediction
                continue
            first = [row[name].strip() for row in sampled.file.preview_rows]
            use = _classify_column(profile_column(name, values), values, task, first=first)
            found[use][name] = None
            if use == "input" and prediction.is_leak:
                leaks[name] = prediction
            elif use == "input" and task.tabular and prediction.is_at_least_suspect:
                suspects[name] = prediction
    inputs = tuple(name for name in found["input"] if name not in leaks)
    return ColumnRoles(
        inputs=inputs if task.tabular else (),
        protected=tuple(found["protected"]) if task.tabular else (),
        excluded=tuple(found["excluded"]) if task.tabular else (),
        leaks=leaks,
        suspects={name: found for name, found in suspects.items() if name not in leaks},
    )


def _is_row_number(values: Sequence[str]) -> bool:
    """Tell whether the values number the rows."""
    if len(values) < 2 or not all(value.isdecimal() for value in values):
        return False
    return [int(value) - int(values[0]) for value in values] == list(range(len(values)))


def _classify_column(
    column: Column, values: Sequence[str], task: Task, *, first: Sequence[str]
) -> str:
    """Classify one column by its name and its sampled values; the first ones may number rows."""
    filled = [value for value in values if not is_missing(value, MISSING_VALUE_PATTERN)]
    for role in ("protected", "excluded"):
        fields = [field for field in task.fields.values() if field.role == role]
        if any(is_barred_name(column.name, field) for field in fields):
            return role
        if any(_are_mostly_known(filled, map(normalize_label, field.typical)) for field in fields):
            return role
    dated = sum(bool(_DATE_PATTERN.fullmatch(value)) for value in filled) >= MIN_VALUE_SHARE * len(
        filled
    )
    odd = column.name in task.fields or dated  # named like a field of the task, or empty
    return "excluded" if odd or is_id_column(column) or _is_row_number(first) else "input"


def _are_mostly_known(values: Sequence[str], known: Iterable[str]) -> bool:
    """Tell whether a column has several of the known values, and hardly any other."""
    among, met = {*known}, Counter(map(normalize_label, values))
    return len(among & met.keys()) > 1 and (
        sum(met[value] for value in among) >= MIN_VALUE_SHARE * len(values)
    )


def list_input_notes(task: Task) -> Iterator[Text]:
    """Yield what to check if columns of a table are the input."""
    if task.tabular:
        yield Text(
            "check that each column shown to the model is known before the decision and may be "
            "used; task.inputs, data.columns and data.slice_fields in config/run.yaml change it",
            "请确认给模型看的每一列在做出决定时就能拿到、且允许使用；如需增减，请修改 "
            "config/run.yaml 的 "
            "task.inputs、data.columns 和 data.slice_fields",
        )


def warn_of_leaks(found: ColumnRoles) -> Iterator[Text]:
    """Yield a warning for each column that predicts the label, with its figures."""
    for columns, en, zh in (
        (
            found.leaks,
            "predicts the label by itself, so it is not shown to the model: it is probably known "
            "only after the label",
            "与标签几乎一一对应，疑似泄漏答案，不会给模型看",
        ),
        (
            found.suspects,
            "predicts much of the label and is shown to the model: make sure that it is known "
            "before the label",
            "与标签高度相关，会提供给模型，请确认它在标签产生之前就能拿到",
        ),
    ):
        for name, prediction in columns.items():
            figures = prediction.figures
            yield Text(f"`{name}` ({figures.en}): {en}", f"`{name}`（{figures.zh}）：{zh}")


def warn_of_mixed_units(files: Sequence[SampledFile], inputs: Sequence[str]) -> Iterator[Text]:
    """Yield a warning for each column whose quantities have several units."""
    for name in inputs:
        columns = (
            row[name]
            for sampled in files
            if name in sampled.file.layout.columns
            for row in sampled.rows
        )
        counts = find_mixed_units(
            [value for value in columns if not is_missing(value, MISSING_VALUE_PATTERN)]
        )
        if counts:
            en = ", ".join(f"{rows} in {unit or 'ones'}" for unit, rows in counts.items())
            zh = "，".join(f"{unit or '无单位'} {rows} 个" for unit, rows in counts.items())
            yield Text(
                f"`{name}` mixes units ({en}): write it in one; the classical baseline converts "
                "万, k, m and %, the model is shown each value as it is written",
                f"`{name}` 单位不一（{zh}）：请统一；"
                "传统基线会换算万、k、m 与 %，模型看到的仍是原文",
            )
