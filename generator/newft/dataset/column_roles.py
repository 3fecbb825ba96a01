"""Classify the columns of a table: inputs, protected, excluded, and columns that leak the label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newft.dataset.column_leaks import LabelPredictability, measure_predictability
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_match import profile_column
from newft.dataset.column_use import ColumnUse, decide_column_use, may_be_known_later
from newft.dataset.quantity_columns import find_mixed_units
from newft.emitted.label_rules import read_label
from newft.emitted.normalize import MISSING_VALUE_PATTERN, escape_controls, is_missing
from newft.schema.kit import Task
from newft.text import Text


@dataclass(frozen=True)
class ColumnRoles:
    """The roles of the columns that no field uses, in the order of the files."""

    inputs: tuple[str, ...]
    protected: tuple[str, ...]
    excluded: tuple[str, ...]
    leaks: Mapping[str, LabelPredictability]  # predict the label and are not shown
    suspects: Mapping[str, LabelPredictability]  # predict much of the label and are shown
    reasons: Mapping[str, Text] = field(default_factory=dict)  # why columns are kept out
    identifying: tuple[str, ...] = ()  # excluded columns, where one of them identifies people
    order: tuple[str, ...] = ()  # of the columns that no field uses, in the files
    doubts: Mapping[str, Text] = field(
        default_factory=dict
    )  # of inputs, to be answered by a person


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
    uses: dict[str, ColumnUse] = {}
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
            use = decide_column_use(profile_column(name, values), values, task, first=first)
            uses[name] = max(uses.get(name, use), use, key=_compare_caution)
            told = prediction.is_at_least_suspect and may_be_known_later(name, task)
            if use.use == "input" and (prediction.is_leak or told):
                leaks[name] = prediction
            elif use.use == "input" and task.tabular and prediction.is_at_least_suspect:
                suspects[name] = prediction
    suspects = {name: found for name, found in suspects.items() if name not in leaks}
    return (
        _collect_roles(uses, leaks, suspects)
        if task.tabular
        else ColumnRoles((), (), (), leaks, suspects)
    )


def _compare_caution(use: ColumnUse) -> int:
    """Rank the uses of a column that files disagree about: what keeps it out comes first."""
    return ("input", "excluded", "protected").index(use.use)


def _collect_roles(
    uses: Mapping[str, ColumnUse],
    leaks: Mapping[str, LabelPredictability],
    suspects: Mapping[str, LabelPredictability],
) -> ColumnRoles:
    """Collect the columns by use, with the reasons and the doubts."""
    inputs = tuple(name for name, use in uses.items() if use.use == "input" and name not in leaks)
    reasons = {name: use.reason for name, use in uses.items() if use.reason}
    for name, found in leaks.items():
        reasons[name] = Text(
            f"by its values: predicts the label by itself ({found.figures.en})",
            f"按取值：单凭该列就能猜中标签（{found.figures.zh}）",
        )
    doubts = {name: uses[name].doubt or _doubt_suspect(suspects.get(name)) for name in inputs}
    return ColumnRoles(
        inputs=inputs,
        protected=tuple(name for name, use in uses.items() if use.use == "protected"),
        excluded=tuple(name for name, use in uses.items() if use.use == "excluded"),
        leaks={name: found for name, found in leaks.items() if uses[name].use == "input"},
        suspects={name: found for name, found in suspects.items() if name in inputs},
        reasons=reasons,
        order=tuple(uses),
        identifying=_list_identifying(uses),
        doubts={name: doubt for name, doubt in doubts.items() if doubt},
    )


def _list_identifying(uses: Mapping[str, ColumnUse]) -> tuple[str, ...]:
    """List the columns that identify someone or something, if one of them identifies people."""
    if not any(use.personal for use in uses.values()):
        return ()
    return tuple(name for name, use in uses.items() if use.personal or use.numbered)


def _doubt_suspect(found: LabelPredictability | None) -> Text | None:
    """Say the doubt about a column that predicts much of the label."""
    if found is None:
        return None
    return Text(
        f"it predicts much of the label ({found.figures.en}): is it known before?",
        f"与标签高度相关（{found.figures.zh}）：在标签之前就能拿到吗？",
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


def warn_of_personal_columns(found: ColumnRoles) -> Iterator[Text]:
    """Yield a warning that lists the columns that identify people, and are in the files still."""
    if names := [name for name in found.identifying if name in found.excluded]:
        listed = [escape_controls(name) for name in names]
        yield Text(
            f"{len(listed)} columns identify people or records and are not shown to the model: "
            f"{', '.join(listed)}; leave them out of the file if nobody needs them here",
            f"{len(listed)} 列可识别个人或记录，不会给模型看：{'、'.join(listed)}；"
            "如无需要，请从文件中删去",
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
