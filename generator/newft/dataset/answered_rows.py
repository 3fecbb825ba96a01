"""The distinct rows and what each is answered with, once all labels are known."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

from newft.dataset.row_stats import RowStats, Target
from newft.emitted.label_leaks import Position
from newft.emitted.multilabel import combine_parts, split_parts
from newft.schema.kit import Task

_STATED = -1  # instead of the number of a target, where the text states its label


@dataclass(frozen=True)
class AnsweredRows:
    """Distinct rows and their targets: 8 bytes a row."""

    targets: Sequence[Target]  # each once
    rows: array[int]  # numbers of distinct rows
    numbers: array[int]  # of each row, the number of its target

    def count_targets(self) -> Counter[Target]:
        """The rows of each target, in the order in which the targets come."""
        return Counter({self.targets[at]: rows for at, rows in Counter(self.numbers).items()})

    def keep(self, kept: Container[Target]) -> AnsweredRows:
        """The rows with these targets."""
        chosen = [target in kept for target in self.targets]
        if all(chosen):
            return self
        picked = [chosen[at] for at in self.numbers]
        return AnsweredRows(
            self.targets,
            array("I", compress(self.rows, picked)),
            array("I", compress(self.numbers, picked)),
        )


def answer_rows(
    stats: RowStats, positions: Sequence[Position]
) -> tuple[AnsweredRows, Counter[Target], int]:
    """The distinct rows with their targets, the rows that repeat each target, and stated labels.

    A label may be a list of others: all labels are known only once all rows are read. Rows that
    are told apart by the form of their list alone, or by where a label stands, then repeat others.
    """
    distinct = stats.distinct
    told = _split_combined_labels({target for target, _ in stats.answers}, stats.task)
    known: dict[Target, int] = {}
    number_of = [
        _STATED
        if not set(positions).isdisjoint(at)
        else known.setdefault(told.get(target, target), len(known))
        for target, at in stats.answers
    ]
    again = _find_repeats(stats, number_of)
    rows, numbers, repeats, stated = array("I"), array("I"), [0] * len(known), 0
    for row, (answer, more) in enumerate(zip(distinct.answers, distinct.repeats, strict=True)):
        number = number_of[answer]
        if number == _STATED:
            stated += 1 + more
            continue
        repeats[number] += more
        if row in again:
            repeats[number] += 1
        else:
            rows.append(row)
            numbers.append(number)
    targets = [*known]
    return (
        AnsweredRows(targets, rows, numbers),
        Counter(dict(zip(targets, repeats, strict=True))),
        stated,
    )


def count_contradictions(stats: RowStats, chosen: AnsweredRows) -> int:
    """The texts of which several rows were chosen."""
    several = [[row for _, row in met] for met in stats.seen.list_contradictions()]
    wanted = {row for rows in several for row in rows}
    found = wanted.intersection(chosen.rows)
    return sum(sum(row in found for row in rows) > 1 for rows in several)


def _find_repeats(stats: RowStats, number_of: Sequence[int]) -> set[int]:
    """The distinct rows whose text an earlier one has with the same target.

    `number_of` gives the target of each answer. Only texts with several answers can have such rows.
    """
    again = set[int]()
    for met in stats.seen.list_contradictions():
        numbers = {_STATED}
        for answer, row in met:
            if (number := number_of[answer]) in numbers:
                again.add(row)
            numbers.add(number)
    return again


def _split_combined_labels(targets: Iterable[Target], task: Task) -> dict[Target, Target]:
    """The targets of records that may have several labels, each label by itself."""
    if task.label_rules.separator is None:
        return {}
    made_of = _split_into_known({label for target in targets for label in target.labels}, task)
    return {
        target: Target(
            tuple(sorted({name for label in target.labels for name in made_of[label]})),
            target.recommendation,
        )
        for target in targets
    }


def _split_into_known(labels: Iterable[str], task: Task) -> dict[str, set[str]]:
    """What each label is a list of, or itself: `plum, pear` is two where both stand elsewhere."""
    parts = {label: split_parts(label, task.label_rules) for label in labels}
    listed: dict[Sequence[str], str] = {}
    made_of: dict[str, set[str]] = {}
    for label in sorted(parts, key=lambda label: len(parts[label])):
        made_of[label] = combine_parts(parts[label], listed) or {label}
        if made_of[label] == {label}:
            listed[parts[label]] = label
    return made_of
