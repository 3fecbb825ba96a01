"""The error for records of which no task, or more than one, is told by their content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newft.errors import UsageError
from newft.schema.record_shape import SHAPE_TITLES, TaskDetection
from newft.text import Text, join_names, to_bilingual_text


def make_unclear_task_error(
    names: Sequence[str], detection: TaskDetection | None, *, several: bool
) -> UsageError:
    """Make the error for records that fit several of the tasks, or none of them."""
    listed = join_names(names)
    message = (
        Text(f"the records fit several tasks: {listed.en}", f"数据同时符合几个任务：{listed.zh}")
        if several
        else Text(
            f"the records fit none of the tasks: {listed.en}",
            f"从数据看不出属于哪个任务，可选：{listed.zh}",
        )
    )
    lines = [message, *list_findings(detection)]
    options = " | ".join(f"--task {name}" for name in (names if several else names[:1]))
    column = "--set data.columns.label=COLUMN"
    hint = (
        Text(f"name the task: {options}", f"请指定任务：{options}")
        if several
        else Text(
            f"name the task, such as {options}; if necessary, name columns: {column}",
            f"请指定任务，例如 {options}；必要时指定列：{column}",
        )
    )
    return UsageError(
        Text("\n  ".join(one.en for one in lines), "\n  ".join(one.zh for one in lines)),
        where="domain, task",
        hint=hint,
    )


def list_findings(detection: TaskDetection | None) -> Iterator[Text]:
    """Yield what was seen of the records, and why each task was not taken, a line each."""
    if detection is None:
        return
    if detection.shapes:
        titles = [SHAPE_TITLES[shape] for shape in detection.shapes]
        en, zh = ", ".join(one.en for one in titles), "、".join(one.zh for one in titles)
        yield Text(f"shape of the records: {en}", f"记录的形式：{zh}")
    if detection.seen:
        yield detection.seen
    for refusal in detection.refusals:
        task = to_bilingual_text(refusal.task)
        yield Text(f"{task.en}: {refusal.reason.en}", f"{task.zh}：{refusal.reason.zh}")
