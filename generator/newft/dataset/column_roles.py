"""What the columns of a table are for, where no single one holds the text that is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newft.dataset.column_leaks import LabelPredictability, measure_predictability
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import Column, is_id_column, profile_column
from newft.dataset.protected_terms import is_barred_name
from newft.emitted.normalize import MISSING_VALUE, is_missing, normalize_label
from newft.emitted.quantities import find_mixed_units
from newft.schema.kit import Task
from newft.text import Text

NEARLY_ALL_SHARE = 0.9  # of the values: the others are marks and slips

_DATE_PATTERN = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d.*)?"
)


@dataclass(frozen=True)
class ColumnRoles:
    """What the columns that no field took are for, in the order of the files."""

    inputs: tuple[str, ...]
    protected: tuple[str, ...]
    excluded: tuple[str, ...]
    leaks: Mapping[str, LabelPredictability]  # each of them tells the label, and is not shown
    suspects: Mapping[str, LabelPredictability]  # shown, though each tells much of the label


@dataclass(frozen=True)
class SampledFile:
    """A file, and rows of all of it."""

    source: DataFile
    rows: Sequence[Mapping[str, str]]


def classify_columns(
    files: Sequence[SampledFile], task: Task, mapping: Mapping[str, Sequence[str]]
) -> ColumnRoles:
    """How the other columns of the files are used; a task with a text shows none of them."""
    taken = {column for among in mapping.values() for column in among}
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
    for file in files:
        label = next(name for name in labels if name in file.source.layout.columns)
        for name in file.source.layout.columns:
            if name in taken - contexts:
                continue
            values = [row[name].strip() for row in file.rows]
            agreement = measure_predictability(
                [
                    (value, normalize_label(row[label]))
                    for value, row in zip(values, file.rows, strict=True)
                ]
            )
            if name in contexts:
                if agreement.is_suspect:
                    suspects[name] = agreement
                continue
            first = [row[name].strip() for row in file.source.first]
            use = _classify_column(profile_column(name, values), values, task, first=first)
            found[use][name] = None
            if use == "input" and agreement.is_leak:
                leaks[name] = agreement
            elif use == "input" and task.tabular and agreement.is_suspect:
                suspects[name] = agreement
    inputs = tuple(name for name in found["input"] if name not in leaks)
    return ColumnRoles(
        inputs=inputs if task.tabular else (),
        protected=tuple(found["protected"]) if task.tabular else (),
        excluded=tuple(found["excluded"]) if task.tabular else (),
        leaks=leaks,
        suspects={name: found for name, found in suspects.items() if name not in leaks},
    )


def _is_row_number(values: Sequence[str]) -> bool:
    """Whether the values are the numbers of the rows."""
    if len(values) < 2 or not all(value.isdecimal() for value in values):
        return False
    return [int(value) - int(values[0]) for value in values] == list(range(len(values)))


def _classify_column(
    column: Column, values: Sequence[str], task: Task, *, first: Sequence[str]
) -> str:
    """The use of a column, by a sample of its values and by its first ones, which may count."""
    filled = [value for value in values if not is_missing(value, MISSING_VALUE)]
    for role in ("protected", "excluded"):
        fields = [field for field in task.fields.values() if field.role == role]
        if any(is_barred_name(column.name, field) for field in fields):
            return role
        if any(_are_mostly_known(filled, map(normalize_label, field.typical)) for field in fields):
            return role
    dated = sum(bool(_DATE_PATTERN.fullmatch(value)) for value in filled) >= NEARLY_ALL_SHARE * len(
        filled
    )
    odd = column.name in task.fields or dated  # a field's own name; or nothing in it
    return "excluded" if odd or is_id_column(column) or _is_row_number(first) else "input"


def _are_mostly_known(values: Sequence[str], known: Iterable[str]) -> bool:
    """Whether the values, of which there are several, are known ones."""
    among, met = {*known}, Counter(map(normalize_label, values))
    return len(among & met.keys()) > 1 and (
        sum(met[value] for value in among) >= NEARLY_ALL_SHARE * len(values)
    )


def list_input_notes(task: Task) -> Iterator[Text]:
    """What to check where the columns of a table are the input."""
    if task.tabular:
        yield Text(
            "check that each column shown to the model is known before the decision and may be "
            "used; task.inputs, data.columns and data.slice_fields in config/run.yaml change it",
            "请确认给模型看的每一列在做出决定时就能拿到、且允许使用；如需增减，请修改 "
            "config/run.yaml 的 "
            "task.inputs、data.columns 和 data.slice_fields",
        )


def warn_of_leaks(found: ColumnRoles) -> Iterator[Text]:
    """Name the columns that tell the label by themselves, with the figures that say so."""
    for columns, en, zh in (
        (
            found.leaks,
            "tells the label by itself, so it is not shown to the model: it is probably known "
            "only after the label",
            "与标签几乎一一对应，疑似泄漏答案，不会给模型看",
        ),
        (
            found.suspects,
            "tells much of the label and is shown to the model: make sure that it is known before",
            "与标签高度相关，会提供给模型，请确认它在标签产生之前就能拿到",
        ),
    ):
        for name, agreement in columns.items():
            figures = agreement.figures
            yield Text(f"`{name}` ({figures.en}): {en}", f"`{name}`（{figures.zh}）：{zh}")


def warn_of_mixed_units(files: Sequence[SampledFile], inputs: Sequence[str]) -> Iterator[Text]:
    """A warning for each column whose quantities are written in several units."""
    for name in inputs:
        columns = (
            row[name] for file in files if name in file.source.layout.columns for row in file.rows
        )
        counts = find_mixed_units(
            [value for value in columns if not is_missing(value, MISSING_VALUE)]
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
