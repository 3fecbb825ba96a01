"""Rows of the tables that newft shows of data and plans, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor
from pathlib import Path

from newft.console.json_output import list_plan_values
from newft.data_errors import describe_rejects
from newft.i18n import Messages
from newft.schema.advice import TUNED, Advice
from newft.schema.dataset import DataFacts
from newft.schema.family import EMBEDDED
from newft.schema.kit import Task
from newft.schema.plan import Estimate, MemoryPart, Plan
from newft.schema.practice import Practice
from newft.text_layout import NO_BREAK_SPACE

DisplayRow = tuple[str, str]

MAX_LABELS_IN_TABLE = 8
MIN_PART_IN_SUMMARY = 0.1  # of the memory; an explanation lists the smaller parts too
MAX_LABELS_IN_SUMMARY = 4
MAX_FILES_SHOWN = 3  # in the summary
MAX_COLUMNS_SHOWN = 6  # of those kept out, in the summary; the table of the data lists all
MAX_INPUTS_SHOWN = 40  # in the summary: what the model is shown is what a person must check
SUMMARY_HYPERPARAMETERS = ("learning_rate", "epochs", "batch_size", "max_length", "precision")


def build_summary_rows(
    plan: Plan, folder: Path, messages: Messages, *, this_machine: bool, columns: bool
) -> Iterator[DisplayRow]:
    """Yield the rows of the summary: what was answered, and what follows from it.

    `columns` adds the columns of the data files, for a user who has not been shown them yet.
    """
    language, data = messages.language, plan.data
    kit, task = plan.kit.title.to(language), plan.task.title.to(language)
    title = messages("summary.kit_task", kit=kit, task=task)
    ids = f"{plan.kit.id} / {plan.task_id}"
    yield messages("summary.task"), messages("summary.from", name=title, source=ids)
    yield messages("summary.data"), _format_data_files(data, messages)
    if rejected := describe_rejects(data.rejected).to(language):
        yield messages("data.rejected"), rejected
    if columns and not data.sample:
        yield from _build_column_rows(data, plan.task, messages, limit=MAX_COLUMNS_SHOWN)
    yield from _build_label_rows(data, plan.task, messages, limit=MAX_LABELS_IN_SUMMARY)
    yield messages("summary.language"), messages(f"data.{plan.language}")
    yield messages("summary.gpu"), _format_hardware(plan, messages, this_machine=this_machine)
    yield messages("summary.model"), _format_model(plan, messages)
    yield messages("summary.method"), _format_method(plan, messages)
    yield from build_estimate_rows(plan, messages, whole=False)
    if advised := _format_advice(plan.advice, messages):
        yield messages("summary.advice"), advised
    yield messages("summary.folder"), str(folder)
    if plan.name != folder.name:
        yield messages("summary.name"), plan.name


def _format_advice(advice: Advice, messages: Messages) -> str:
    """Format the advised approach, or say that nothing is known; a warning says of another one."""
    if advice.nothing_known:
        return messages("summary.no_advice")
    if advice.recommendation not in TUNED:
        return ""
    title = advice.titles[advice.recommendation].to(messages.language)
    points = f"{advice.scores[advice.recommendation]:+d}"
    return messages("summary.advised", title=title, points=points)


def build_data_rows(data: DataFacts, task: Task, messages: Messages) -> Iterator[DisplayRow]:
    """Yield what was found in the data files, with the column of each field."""
    for file in data.files:
        kind = messages.join(part for part in (file.kind, file.encoding) if part)
        yield messages("data.files"), messages("data.file", path=file.path, kind=kind)
    yield from _build_column_rows(data, task, messages)
    accepted = messages("data.accepted", accepted=data.accepted, rows=data.rows)
    yield messages("data.rows"), accepted
    if rejected := describe_rejects(data.rejected).to(messages.language):
        yield messages("data.rejected"), rejected
    yield from _build_label_rows(data, task, messages, limit=MAX_LABELS_IN_TABLE)
    yield messages("data.lengths"), _format_lengths(data, messages)
    yield messages("data.language"), messages(f"data.{data.language}")


def build_recipe_rows(
    plan: Plan, messages: Messages
) -> tuple[list[tuple[str, str, str]], list[DisplayRow]]:
    """Return every value of the recipe with its reason, and the sources that reasons refer to."""
    values, language = list_plan_values(plan), messages.language
    sources = dict.fromkeys(reasoned.source for reasoned in values.values())
    numbers = {source: f"[{number}]" for number, source in enumerate(sources, 1)}
    rows = [(messages("plan.name"), messages("plan.value"), messages("plan.why"))]
    for name, reasoned in values.items():
        why = f"{reasoned.why.to(language)} {numbers[reasoned.source]}"
        rows.append((name, format_value(reasoned.value, messages), why))
    return rows, [(number, source.to(language)) for source, number in numbers.items()]


def build_practice_rows(
    plan: Plan, practices: Iterable[Practice], messages: Messages
) -> tuple[list[tuple[str, str, str]], list[DisplayRow]]:
    """Return the values that others publish for this method beside ours, and their sources."""
    values = list_plan_values(plan)
    others = [one for one in practices if plan.method.id in one.methods]
    rows = [(messages("plan.name"), messages("plan.value"), messages("plan.others"))]
    for name, reasoned in values.items():
        found = [
            f"{one.title}{NO_BREAK_SPACE}{format_value(one.values[name], messages)}"
            for one in others
            if name in one.values
        ]
        if found:
            rows.append((name, format_value(reasoned.value, messages), messages.join(found)))
    return rows, [(one.title, one.source) for one in others]


def build_estimate_rows(plan: Plan, messages: Messages, *, whole: bool) -> Iterator[DisplayRow]:
    """Yield the memory and the time that a run will take, with all parts of the memory or few."""
    key = "plan.card_memory" if plan.hardware.accelerator.kind in ("cuda", "npu") else "plan.memory"
    memory, parts = format_memory(plan.estimate, messages), plan.estimate.parts
    if parts and not whole:
        least = MIN_PART_IN_SUMMARY * sum(part.gb[1] for part in parts)
        large = [part for part in parts if part.gb[1] >= least]
        largest = sorted(large, key=lambda part: -part.gb[1])
        memory = messages("data.because", names=memory, why=_format_parts(largest, messages))
    yield messages(key), memory
    if parts and whole:
        yield messages("plan.parts"), _format_parts(parts, messages)
    if not plan.model.trained_here:  # another tool trains the model, at a speed of its own
        return
    yield messages("plan.hours"), _format_hours(plan.estimate, messages)
    if cost := plan.estimate.cost:
        low, high = (f"{end:.2f}" for end in cost.range)
        amount = messages("plan.amount", low=low, high=high, currency=cost.currency)
        yield messages("plan.cost"), amount.rstrip()


def format_memory(estimate: Estimate, messages: Messages) -> str:
    """Format the estimated memory as a range."""
    if estimate.memory_gb is None:
        return messages("plan.unknown")
    low, high = estimate.memory_gb
    return messages("plan.gigabytes", low=f"{low:.1f}", high=f"{high:.1f}")


def _format_parts(parts: Sequence[MemoryPart], messages: Messages) -> str:
    """Format parts of the memory, those left out that round to nothing."""
    texts = []
    for part in parts:
        low, high = (f"{end:.1f}" for end in part.gb)
        if high != "0.0":
            key = "plan.part" if low == high else "plan.part_range"
            texts.append(messages(key, name=messages(f"plan.{part.name}"), low=low, high=high))
    return messages.join(texts)


def format_value(value: object, messages: Messages) -> str:
    """Format a value of the recipe for a person."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return messages("plan.yes" if value else "plan.no")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _build_column_rows(
    data: DataFacts, task: Task, messages: Messages, *, limit: int | None = None
) -> Iterator[DisplayRow]:
    """Yield the column of each field, then the columns by what is done with them."""
    for name, field in task.fields.items():
        columns = data.mapping.get(name, ())
        if columns or field.required:
            found = messages.join(columns) if columns else messages("data.missing")
            yield field.title.to(messages.language), found
    if data.inputs:
        shown = MAX_INPUTS_SHOWN if limit else None
        yield messages("data.inputs"), _join_first(data.inputs, shown, messages)
    if data.protected:
        names = _join_first(data.protected, limit, messages)
        yield messages("data.protected"), messages("data.kept_out", names=names)
    for why, unused in _group_unused_columns(data, messages).items():
        names = _join_first(unused, limit, messages)
        value = messages("data.because", names=names, why=why) if why else names
        yield messages("data.unused"), value
    for column, doubt in data.doubtful.items():
        value = messages("data.because", names=column, why=doubt.to(messages.language))
        yield messages("data.doubtful"), value


def _group_unused_columns(data: DataFacts, messages: Messages) -> dict[str, list[str]]:
    """Group the columns that are neither shown to the model nor kept beside the rows by reason."""
    used = {column for columns in data.mapping.values() for column in columns}
    columns = dict.fromkeys(column for file in data.files for column in file.columns)
    found: dict[str, list[str]] = {}
    for column in columns:
        if column not in used:
            why = data.reasons.get(column)
            found.setdefault(why.to(messages.language) if why else "", []).append(column)
    return found


def _join_first(names: Sequence[str], limit: int | None, messages: Messages) -> str:
    if limit is None or len(names) <= limit:
        return messages.join(names)
    more = messages("data.more", count=len(names) - limit)
    return messages.join([*names[:limit], more])


def _build_label_rows(
    data: DataFacts, task: Task, messages: Messages, *, limit: int
) -> Iterator[DisplayRow]:
    """Yield the labels with their row counts, and the positive ones if there are any."""
    labels = [f"{label}{NO_BREAK_SPACE}{rows}" for label, rows in data.labels.items()]
    names = _join_first(labels, limit, messages)
    yield messages("data.labels"), messages("data.count", count=len(labels), names=names)
    if data.positive and task.positive:
        rows = sum(data.labels[label] for label in data.positive)
        share = f"{rows / max(1, data.accepted):.0%}"
        positive = messages("data.share", label=messages.join(data.positive), share=share)
        yield task.positive.title.to(messages.language), positive


def _format_lengths(data: DataFacts, messages: Messages) -> str:
    lengths = data.lengths
    return messages("data.spread", median=lengths.median, p95=lengths.p95, longest=lengths.longest)


def _format_data_files(data: DataFacts, messages: Messages) -> str:
    if data.sample:
        files = messages("summary.sample")
    else:
        files = _join_first([file.path for file in data.files], MAX_FILES_SHOWN, messages)
    return messages("summary.records", files=files, accepted=data.accepted, rows=data.rows)


def _format_hardware(plan: Plan, messages: Messages, *, this_machine: bool) -> str:
    card, count = plan.hardware.accelerator, plan.hardware.count
    title = card.title if count == 1 else f"{count} x {card.title}"
    return messages("summary.this_machine", title=title) if this_machine else title


def _format_model(plan: Plan, messages: Messages) -> str:
    source, name = plan.model.source, plan.model.id
    if source == EMBEDDED:
        name = name.rpartition("/")[2]
    return messages("summary.from", name=name, source=messages(f"summary.source.{source}"))


def _format_method(plan: Plan, messages: Messages) -> str:
    recipe = list_plan_values(plan)
    values = [
        f"{name}{NO_BREAK_SPACE}{format_value(recipe[name].value, messages)}"
        for name in (*plan.method.summary, *SUMMARY_HYPERPARAMETERS)
    ]
    title = plan.method.title.to(messages.language)
    return messages("summary.values", method=title, values=messages.join(values))


def _format_hours(estimate: Estimate, messages: Messages) -> str:
    if estimate.hours is None:
        return messages("plan.unknown")
    low, high = estimate.hours
    most = ceil(round(high * 60, 3))
    if most <= 1:
        return messages("plan.at_most_one")
    if low * 60 < 1:
        return messages("plan.at_most", high=most)
    if high < 2:
        return messages("plan.minutes", low=floor(low * 60), high=most)
    return messages("plan.long", low=f"{low:.1f}", high=f"{high:.1f}")
