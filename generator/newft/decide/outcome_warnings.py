"""What to know of the labels beside those whose probability is scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from newft.answers.keys import INDETERMINATE_KEY, POSITIVE_KEY, get_option
from newft.schema.dataset import DataFacts
from newft.schema.kit import Task
from newft.text import Text


def warn_of_labels_beside_scored(data: DataFacts, task: Task) -> Iterator[Text]:
    """Name the labels that count as the other outcome although their names say otherwise."""
    if not (task.positive and data.positive):
        return
    title = task.positive.title
    missed = [label for label in data.likely_positive if label not in data.positive]
    if missed:
        scored, options = ", ".join(data.positive), _show(POSITIVE_KEY, [*data.positive, *missed])
        yield Text(
            f"only {scored} counts as the {title.en}: all other labels count as no {title.en}, "
            f"also {', '.join(missed)}; to count them too: {options}",
            f"只有 {scored} 计为{title.zh}，其余标签都归为另一类，包括 {'、'.join(missed)}；"
            f"如要一并计入：{options}",
        )
    unknown = [label for label in data.likely_indeterminate if label not in data.positive]
    if unknown:
        options = _show(INDETERMINATE_KEY, unknown)
        yield Text(
            f"the outcome of {', '.join(unknown)} may not be known yet, but such rows count as no "
            f"{title.en}; to leave them out: {options}",
            f"{'、'.join(unknown)} 的结果可能尚未确定，但这些行都归为另一类；如要剔除：{options}",
        )


def _show(key: str, labels: Sequence[str]) -> str:
    return " ".join(f"{get_option(key)} {quote(label)}" for label in labels)
