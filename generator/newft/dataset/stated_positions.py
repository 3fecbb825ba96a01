"""Find the ends of texts at which records state their labels, as `label: hello` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from newft.dataset.row_stats import RowStats
from newft.emitted.label_leaks import POSITIONS, Position, has_name_at

# A text may begin or end with its label in prose too, as in "Return, please". Measured on the texts
# of newft's samples, BANKING77, CUAD and LawBench: 0.5 % of the rows at most. Labels are stated
# from four times that share on. With 0.5 %, five rows of 200 come together in one file of 270.
MIN_STATED_SHARE = 0.02
MIN_STATED_ROWS = 5
MIN_LIFT = 5  # times as often as all other labels together: their own label explains prose alone


def find_stated_positions(stats: RowStats) -> tuple[Position, ...]:
    """The positions at which texts have their own label far more often than another label."""
    distinct = stats.distinct
    least = max(MIN_STATED_ROWS, MIN_STATED_SHARE * len(distinct.answers))
    rows, having = Counter(distinct.answers), Counter[Position]()
    for (_, stated), number in stats.answers.items():
        for at in stated:
            having[at] += rows[number]
    return tuple(
        at
        for at in POSITIONS
        if having[at] >= least and _estimate_others(stats, at) * MIN_LIFT <= having[at]
    )


def _estimate_others(stats: RowStats, position: Position) -> float:
    """How many texts have a label of other rows there, as the texts that were kept show."""
    answers = [*stats.answers]
    targets: Sequence[frozenset[str]] = [
        frozenset(answers[number][0].labels) for number in stats.distinct.answers[: len(stats.ends)]
    ]
    labels = {label for target in targets for label in target}
    found = sum(
        any(
            has_name_at(ends[POSITIONS.index(position)], [label], position)
            for label in labels - own
        )
        for ends, own in zip(stats.ends, targets, strict=True)
    )
    return found * len(stats.distinct.answers) / max(1, len(stats.ends))
