"""Apply what the user says about single columns of a table: show this one, hide that one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from newft.answers.keys import HIDE_KEY, SHOW_KEY, VisibleColumns, get_option
from newft.dataset.column_roles import ColumnRoles
from newft.emitted.normalize import escape_controls
from newft.errors import DataError
from newft.schema.kit import Task
from newft.text import Text, find_nearest_names

BY_ANSWER = Text("as you said", "按你的指定")


def check_visible_columns(
    visible: VisibleColumns, task: Task, *, columns: Sequence[str], taken: Collection[str]
) -> None:
    """Refuse an answer about a column that does not exist, or that it cannot change."""
    for key, names in ((SHOW_KEY, visible.show), (HIDE_KEY, visible.hide)):
        for name in names:
            named = escape_controls(name)
            if name not in columns:
                near = find_nearest_names(name, columns) or columns
                message = Text(f"no column `{named}`", f"没有“{named}”列")
                hint = f"{get_option(key)} {escape_controls(near[0])}"
                raise DataError(message, where=key, hint=Text(hint, hint))
            if not task.tabular or name in taken or (name in visible.show and name in visible.hide):
                raise _make_no_choice_error(key, named, task)


def apply_visible_columns(found: ColumnRoles, visible: VisibleColumns) -> ColumnRoles:
    """Move the columns that the user shows or hides; their doubts are settled."""
    said = {*visible.show, *visible.hide}
    if not said:
        return found
    moved = {name for name in visible.show if name not in found.inputs}
    shown = [name for name in found.order if name in moved or name in found.inputs]
    hidden = [name for name in visible.hide if name in found.inputs]
    reasons = {name: why for name, why in found.reasons.items() if name not in moved}
    return replace(
        found,
        inputs=tuple(name for name in shown if name not in hidden),
        protected=tuple(name for name in found.protected if name not in moved),
        excluded=(*(name for name in found.excluded if name not in moved), *hidden),
        leaks={name: one for name, one in found.leaks.items() if name not in moved},
        suspects={
            **{name: one for name, one in found.leaks.items() if name in moved},
            **{name: one for name, one in found.suspects.items() if name not in hidden},
        },
        reasons={**reasons, **dict.fromkeys(hidden, BY_ANSWER)},
        doubts={name: doubt for name, doubt in found.doubts.items() if name not in said},
    )


def warn_of_shown_columns(found: ColumnRoles, visible: VisibleColumns) -> Iterator[Text]:
    """Yield a warning for each protected or identifying column that the user shows."""
    for name in visible.show:
        if why := found.reasons.get(name):
            named = escape_controls(name)
            yield Text(
                f"`{named}` is shown to the model as you said ({why.en})",
                f"按你的指定，“{named}”列会给模型看（{why.zh}）",
            )


def note_doubtful_columns(found: ColumnRoles) -> Iterator[Text]:
    """Yield how to decide about the doubtful columns."""
    if found.doubts:
        names = [escape_controls(name) for name in found.doubts]
        yield Text(
            f"{len(names)} of the shown columns are doubtful ({', '.join(names)}): "
            "--hide COLUMN keeps one out, --show COLUMN confirms it",
            f"给模型看的列中有 {len(names)} 列存疑（{'、'.join(names)}）："
            "--hide 列名 可排除，--show 列名 表示确认",
        )


def _make_no_choice_error(key: str, named: str, task: Task) -> DataError:
    """Make the error for a column that is the text, the label or beside a text, or said twice."""
    if not task.tabular:
        message = Text(
            f"`{named}`: the model is shown the text, no other columns",
            f"“{named}”：此任务只给模型看文本，不看其他列",
        )
    else:
        message = Text(
            f"`{named}` is a field of the task, or both shown and hidden",
            f"“{named}”是任务的字段，或同时被指定为显示和不显示",
        )
    hint = f"{get_option(key)} {named}"
    return DataError(message, where=key, hint=Text(f"leave out `{hint}`", f"去掉 `{hint}`"))
