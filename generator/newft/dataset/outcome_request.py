"""Ask for the label of each row: propose a column only if its name or its values speak for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote

from newft.answers.keys import COLUMNS_PREFIX
from newft.dataset.column_match import Column, tells_outcome
from newft.dataset.name_direction import names_a_measure
from newft.dataset.protected_terms import has_stem, is_barred_name
from newft.emitted.normalize import escape_controls
from newft.schema.kit import Field, Task
from newft.text import Text

# bands of a measure, or grades, that no domain has for its own
CLASSES = Text("low, medium, high", "低、中、高")


def describes_person(name: str, tasks: Mapping[str, Task]) -> bool:
    """Tell whether a column describes or identifies a person, by its name, and so is no label."""
    fields = [field for task in tasks.values() for field in task.fields.values()]
    return any(
        (field.role == "protected" and is_barred_name(name, field))
        or (field.role == "excluded" and has_stem(name, field.identifying))
        for field in fields
    )


def ask_for_outcome(columns: Sequence[Column], task: Task, name: str) -> Text:
    """Return the option that names the label of a table, or say which column it needs."""
    field, label = next((n, f) for n, f in task.single_fields.items() if f.role == "label")
    found = next((one.name for one in columns if tells_outcome(one, label)), None)
    if found is not None:
        return name_task(task, name, {"label": found})
    domain, _, short = name.partition("/")
    option = f"--domain {domain} --task {short} --set {COLUMNS_PREFIX}{field}=COLUMN"
    added = _describe_label(task, label)
    if measured := find_measure(columns, task):
        named = escape_controls(measured)
        added = Text(
            f"`{named}` is a number, not a class: cut it into bands such as {CLASSES.en}; or "
            f"{added.en}",
            f"“{named}”列是数值而不是类别：可按区间分为{CLASSES.zh}；或{added.zh}",
        )
    return Text(
        f"{added.en}\nif a column holds it already, name it: {option}",
        f"{added.zh}\n如已有这样的列，请指定：{option}",
    )


def find_measure(columns: Sequence[Column], task: Task) -> str | None:
    """Find the last column that is a number by which the outcome is measured, by its name."""
    measures = task.positive.measures if task.positive else ()
    named = [one.name for one in columns if one.filled and names_a_measure(one.name, measures)]
    return named[-1] if named else None


def _describe_label(task: Task, label: Field) -> Text:
    """Say what a column of labels is like."""
    title = label.title
    if task.positive is None:
        return Text(
            f"add a column with the {title.en.lower()} of each row, one of a few classes",
            f"请增加一列，写明每一行的{title.zh}，取少数几类之一",
        )
    outcome = task.positive.title
    return Text(
        f"add a column that says of each row whether it had the {outcome.en} (yes or no), or its "
        f"{title.en.lower()} ({CLASSES.en})",
        f"请增加一列，写明每一行是否出现{outcome.zh}（是、否），或其{title.zh}（{CLASSES.zh}）",
    )


def name_task(task: Task, name: str, columns: Mapping[str, str]) -> Text:
    """Return the options that name a task and the columns of its fields by role."""
    domain, _, short = name.partition("/")
    options = [f"--domain {domain} --task {short}"]
    for field, one in task.single_fields.items():
        if one.required and one.role in columns:
            options.append(f"--set {quote(f'{COLUMNS_PREFIX}{field}={columns[one.role]}')}")
    command = " ".join(options)
    return Text(f"if that is what you mean: {command}", f"若确属此任务，请加：{command}")
