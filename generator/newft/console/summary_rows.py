"""What newft shows of data, answers and plans: rows of cells, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from newft.console.json_output import list_recipe_values
from newft.console.text_layout import NO_BREAK_SPACE
from newft.i18n import Messages
from newft.schema.dataset import DataFacts
from newft.schema.kit import Task
from newft.schema.plan import Estimate, Plan
from newft.schema.reject_reasons import describe_rejects

DisplayRow = tuple[str, str]

MAX_LABELS_SHOWN = 8


def build_data_rows(data: DataFacts, task: Task, texts: Messages) -> list[DisplayRow]:
    """What was found in the user's files, and which column is which field."""
    language = texts.language
    rows = []
    for file in data.files:
        kind = texts.listed(part for part in (file.kind, file.encoding) if part)
        rows.append((texts("mapping.files"), texts("mapping.file", path=file.path, kind=kind)))
    for name, field in task.fields.items():
        columns = data.mapping.get(name)
        if columns or field.required:
            found = texts.listed(columns) if columns else texts("mapping.missing")
            rows.append((field.title.to(language), found))
    for key, names in (
        ("inputs", data.inputs),
        ("protected", data.protected),
        ("excluded", data.excluded),
    ):
        if names:
            rows.append((texts(f"mapping.{key}"), texts.listed(names)))
    rejected = describe_rejects(data.rejected).to(language)
    return [
        *rows,
        (texts("mapping.rows"), texts("mapping.accepted", accepted=data.accepted, rows=data.rows)),
        (texts("mapping.rejected"), rejected or texts("mapping.none")),
        *build_label_rows(data, texts),
        (texts("mapping.lengths"), _format_lengths(data, texts)),
        (texts("mapping.language"), texts(f"mapping.{data.language}")),
    ]


def build_label_rows(data: DataFacts, texts: Messages) -> Iterable[DisplayRow]:
    """Yield the labels with their row counts, and the positive label if there is one."""
    count = texts("mapping.count", count=len(data.labels), names=_format_labels(data, texts))
    yield texts("mapping.labels"), count
    if data.positive:
        yield texts("mapping.positive"), _format_positive_label(data, texts)


def _format_labels(data: DataFacts, texts: Messages) -> str:
    shown = [
        f"{label}{NO_BREAK_SPACE}{rows}"
        for label, rows in list(data.labels.items())[:MAX_LABELS_SHOWN]
    ]
    return texts.listed([*shown, *["..."][: len(data.labels) > MAX_LABELS_SHOWN]])


def _format_positive_label(data: DataFacts, texts: Messages) -> str:
    assert data.positive
    share = data.labels[data.positive] / max(1, data.accepted)
    return texts("mapping.share", label=data.positive, share=f"{share:.0%}")


def _format_lengths(data: DataFacts, texts: Messages) -> str:
    lengths = data.lengths
    return texts("mapping.spread", median=lengths.median, p95=lengths.p95, longest=lengths.longest)


def build_plan_rows(
    plan: Plan, texts: Messages, *, sources: bool
) -> tuple[list[tuple[str, str, str]], list[DisplayRow]]:
    """Every value of the recipe with its reason, and the sources by the numbers of the reasons."""
    values = list_recipe_values(plan.recipe)
    numbers = {
        source: f" [{number}]"
        for number, source in enumerate(dict.fromkeys(v.source for v in values.values()), 1)
    }
    rows = [(texts("plan.name"), texts("plan.value"), texts("plan.why"))]
    for name, reasoned in values.items():
        note = numbers[reasoned.source] if sources else ""
        rows.append(
            (name, format_value(reasoned.value, texts), reasoned.why.to(texts.language) + note)
        )
    return rows, [(n.strip(), source.to(texts.language)) for source, n in numbers.items()]


def build_estimate_rows(plan: Plan, texts: Messages) -> list[DisplayRow]:
    """What a run will take."""
    own = plan.hardware.accelerator.kind in ("cuda", "npu")
    return [
        (texts("plan.card_memory" if own else "plan.memory"), _format_memory(plan.estimate, texts)),
        (texts("plan.hours"), _format_time(plan.estimate, texts)),
    ]


def format_value(value: object, texts: Messages) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return texts("plan.yes" if value else "plan.no")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _format_memory(estimate: Estimate, texts: Messages) -> str:
    if estimate.memory_gb is None:
        return texts("plan.unknown")
    low, high = estimate.memory_gb
    return texts("plan.gigabytes", low=f"{low:.1f}", high=f"{high:.1f}")


def _format_time(estimate: Estimate, texts: Messages) -> str:
    if estimate.hours is None:
        return texts("plan.unknown")
    low, high = estimate.hours
    if low * 60 < 1:
        return texts("plan.at_most", high=f"{max(1.0, high * 60):.0f}")
    if high < 2:
        return texts("plan.minutes", low=f"{low * 60:.0f}", high=f"{high * 60:.0f}")
    return texts("plan.long", low=f"{low:.1f}", high=f"{high:.1f}")
