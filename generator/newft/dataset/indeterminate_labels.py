"""Check the labels whose rows the user leaves out, since their outcome is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

from newft.answers.keys import INDETERMINATE_KEY
from newft.answers.unknown_names import make_unknown_name_error
from newft.dataset.positive_label import make_no_outcome_error
from newft.dataset.row_outcome import RowOutcome
from newft.dataset.row_stats import RowStats
from newft.emitted.label_rules import find_label
from newft.errors import UsageError
from newft.schema.kit import Task
from newft.text import Text, join_names

MIN_LABELS = 2  # one to score, and one to compare it with


def refuse_unfit_indeterminate(
    task: Task, stats: RowStats, outcome: RowOutcome, names: Sequence[str]
) -> None:
    """Refuse labels that no row has, and those without which one side has no rows.

    Raises:
        UsageError: Which names the answer.
    """
    if not names:
        return
    if task.positive is None:
        raise make_no_outcome_error(INDETERMINATE_KEY)
    known = sorted({*stats.list_known_labels(), *outcome.labels})
    for name in names:
        if find_label(name, known, task.label_rules) is None:
            raise make_unknown_name_error(name, known, where=INDETERMINATE_KEY)
    if len(outcome.kept_labels) < MIN_LABELS:
        left = join_names([*outcome.kept_labels] or ["-"])
        raise UsageError(
            Text(
                f"without these rows fewer than two labels are left: {left.en}",
                f"剔除这些行之后剩下的标签不足两个：{left.zh}",
            ),
            where=INDETERMINATE_KEY,
            hint=Text("leave out fewer labels", "请少剔除一些标签"),
        )
