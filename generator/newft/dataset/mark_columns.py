"""Find columns that each mark one kind, with x or yes: several of them are no label."""

from __future__ import annotations

from collections.abc import Sequence

from newft.dataset.column_match import Column, is_text_column
from newft.emitted.normalize import escape_controls, normalize_label
from newft.schema.kit import NO_LABELS, YES_LABELS
from newft.text import Text

MIN_MARK_COLUMNS = 3  # two may be a label and a remark on it
MAX_NAMES_SHOWN = 4

_MARKS = frozenset(("x", "✓", "✔", "√", "☑", "☒", "✗", "v", "o", "○", "●", "■", "*", "+"))
_ANSWERS = frozenset((*_MARKS, *YES_LABELS, *NO_LABELS))

MATRIX_HINT = Text(
    "give one row for each text and kind, with the columns text, type and label (yes or no; a "
    "blank is no); or, where each row has one kind, one column that names it",
    "请改成每条文本、每个类型各占一行，列为 text、type、label（是或否，空白即否）；"
    "如果每行只有一个类型，则用一列写出类型名称",
)


def find_mark_columns(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the columns that each mark one kind beside a text; empty if they are few."""
    marked = tuple(column.name for column in columns if _holds_marks(column))
    has_text = any(map(is_text_column, columns))
    return marked if has_text and len(marked) >= MIN_MARK_COLUMNS else ()


def describe_matrix(names: Sequence[str]) -> Text:
    """Say that columns are the kinds, and that none of them alone is the label."""
    shown = [escape_controls(name) for name in names[:MAX_NAMES_SHOWN]]
    more = len(names) - len(shown)
    en = ", ".join(f"`{name}`" for name in shown) + (f" and {more} more" if more else "")
    zh = "、".join(f"“{name}”" for name in shown) + (f"等 {len(names)} 列" if more else "")
    return Text(
        f"{len(names)} columns each mark one kind, so that none of them is the label: {en}",
        f"有 {len(names)} 列各标记一个类型，单独一列不是标签：{zh}",
    )


def _holds_marks(column: Column) -> bool:
    """Tell whether all values are marks, or yes and no."""
    values = {normalize_label(value) for value in column.values}
    return bool(values) and values <= _ANSWERS
