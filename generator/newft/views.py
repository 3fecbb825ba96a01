"""What newft shows of data, answers and plans: rows of cells, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from newft.entries import EMBEDDED, Task
from newft.given import AUTO, files
from newft.layout import HELD
from newft.model import DataFacts, Estimate, Plan
from newft.reasons import count_reasons
from newft.report import recipe_values
from newft.situation import Situation
from newft.texts import Texts

Row = tuple[str, str]

LABELS_SHOWN = 8
KEY_VALUES = ("rank", "learning_rate", "epochs", "max_length", "precision")


def data_rows(data: DataFacts, task: Task, texts: Texts) -> list[Row]:
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
    rejected = count_reasons(data.rejected).to(language)
    return [
        *rows,
        (texts("mapping.rows"), texts("mapping.accepted", accepted=data.accepted, rows=data.rows)),
        (texts("mapping.rejected"), rejected or texts("mapping.none")),
        *_label_rows(data, texts),
        (texts("mapping.lengths"), _lengths(data, texts)),
        (texts("mapping.language"), texts(f"mapping.{data.language}")),
    ]


def _label_rows(data: DataFacts, texts: Texts) -> Iterable[Row]:
    count = texts("mapping.count", count=len(data.labels), names=_labels(data, texts))
    yield texts("mapping.labels"), count
    if data.positive:
        yield texts("mapping.positive"), _positive(data, texts)


def _labels(data: DataFacts, texts: Texts) -> str:
    shown = [f"{label}{HELD}{rows}" for label, rows in list(data.labels.items())[:LABELS_SHOWN]]
    return texts.listed([*shown, *["..."][: len(data.labels) > LABELS_SHOWN]])


def _positive(data: DataFacts, texts: Texts) -> str:
    assert data.positive
    share = data.labels[data.positive] / max(1, data.accepted)
    return texts("mapping.share", label=data.positive, share=f"{share:.0%}")


def _lengths(data: DataFacts, texts: Texts) -> str:
    lengths = data.lengths
    return texts("mapping.spread", median=lengths.median, p95=lengths.p95, longest=lengths.longest)


def review_rows(now: Situation, plan: Plan, folder: Path, texts: Texts) -> list[Row]:
    """The project in a few lines: what was answered, and what follows from it."""
    language, data = texts.language, plan.data
    task = texts(
        "mapping.titled", kit=plan.kit.title.to(language), task=plan.task.title.to(language)
    )
    named = texts.listed(files(now.given)) or texts("review.sample")
    accepted = texts("review.records", files=named, accepted=data.accepted, rows=data.rows)
    return [
        (texts("review.task"), task),
        (texts("review.data"), accepted),
        *_label_rows(data, texts),
        (texts("review.language"), texts(f"mapping.{plan.language}")),
        (texts("review.gpu"), _hardware(now, plan, texts)),
        (texts("review.model"), _model(plan, texts)),
        (texts("review.method"), _method(plan, texts)),
        *estimate_rows(plan, texts),
        (texts("review.name"), plan.name),
        (texts("review.folder"), str(folder)),
    ]


def plan_rows(
    plan: Plan, texts: Texts, *, sources: bool
) -> tuple[list[tuple[str, str, str]], list[Row]]:
    """Every value of the recipe with its reason, and the sources by the numbers of the reasons."""
    values = recipe_values(plan.recipe)
    numbers = {
        source: f" [{number}]"
        for number, source in enumerate(dict.fromkeys(v.source for v in values.values()), 1)
    }
    rows = [(texts("plan.name"), texts("plan.value"), texts("plan.why"))]
    for name, reasoned in values.items():
        note = numbers[reasoned.source] if sources else ""
        rows.append((name, value_of(reasoned.value, texts), reasoned.why.to(texts.language) + note))
    return rows, [(n.strip(), source.to(texts.language)) for source, n in numbers.items()]


def estimate_rows(plan: Plan, texts: Texts) -> list[Row]:
    """What a run will take."""
    own = plan.hardware.accelerator.kind in ("cuda", "npu")
    return [
        (texts("plan.card_memory" if own else "plan.memory"), _memory(plan.estimate, texts)),
        (texts("plan.hours"), _time(plan.estimate, texts)),
    ]


def value_of(value: object, texts: Texts) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return texts("plan.yes" if value else "plan.no")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _hardware(now: Situation, plan: Plan, texts: Texts) -> str:
    card = plan.hardware.accelerator
    title = card.title if plan.hardware.count == 1 else f"{plan.hardware.count} x {card.title}"
    return texts("review.here", title=title) if now.given["gpu"] == AUTO else title


def _model(plan: Plan, texts: Texts) -> str:
    source = texts(f"review.source.{plan.model.source}")
    name = plan.model.id
    if plan.model.source == EMBEDDED:
        name = name.rpartition("/")[2]
    return texts("review.from", model=name, source=source)


def _method(plan: Plan, texts: Texts) -> str:
    values = recipe_values(plan.recipe)
    shown = [f"{name}{HELD}{value_of(values[name].value, texts)}" for name in KEY_VALUES]
    return texts("review.values", method="LoRA", values=texts.listed(shown))


def _memory(estimate: Estimate, texts: Texts) -> str:
    if estimate.memory_gb is None:
        return texts("plan.unknown")
    low, high = estimate.memory_gb
    return texts("plan.gigabytes", low=f"{low:.1f}", high=f"{high:.1f}")


def _time(estimate: Estimate, texts: Texts) -> str:
    if estimate.hours is None:
        return texts("plan.unknown")
    low, high = estimate.hours
    if low * 60 < 1:
        return texts("plan.at_most", high=f"{max(1.0, high * 60):.0f}")
    if high < 2:
        return texts("plan.minutes", low=f"{low * 60:.0f}", high=f"{high * 60:.0f}")
    return texts("plan.long", low=f"{low:.1f}", high=f"{high:.1f}")
