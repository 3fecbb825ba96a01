"""Find the positive labels, whose probability is scored, by their names or by their column's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from newft.answers.keys import INDETERMINATE_KEY, POSITIVE_KEY, get_option
from newft.answers.unknown_names import make_unknown_name_error
from newft.dataset.name_direction import (
    Direction,
    DirectionStems,
    find_short_bad,
    negates_name,
    settle_direction,
    tell_direction,
)
from newft.emitted.label_rules import LabelRules, find_label
from newft.emitted.normalize import normalize_label
from newft.errors import UsageError
from newft.schema.dataset import DataFacts
from newft.schema.kit import NO_LABELS, YES_LABELS, PositiveNames
from newft.text import Text


@dataclass(frozen=True)
class FoundPositive:
    """What the names of labels and column say of the outcome that is scored."""

    labels: tuple[str, ...] = ()  # the one positive label; empty where the user must decide
    likely: tuple[str, ...] = ()  # those whose names say so, where there are several
    indeterminate: tuple[str, ...] = ()  # those whose names say that the outcome is not known yet


class _Told(NamedTuple):
    """What the name of a label says, and whether no word of it may say otherwise."""

    direction: Direction | None
    settled: bool


def find_positive_labels(labels: Iterable[str], column: str, known: PositiveNames) -> FoundPositive:
    """Find the positive label, or those of several that the user is to choose from."""
    told = {label: _tell_label(label, known) for label in labels}
    positive = [label for label, one in told.items() if one.direction == "positive"]
    indeterminate = tuple(label for label, one in told.items() if one.direction == "open")
    compared = any(one.settled and one.direction == "negative" for one in told.values())
    if len(positive) == 1 and (told[positive[0]].settled or compared):
        return FoundPositive((positive[0],), indeterminate=indeterminate)
    if positive:
        likely = tuple(positive) if len(positive) < len(told) else ()
        return FoundPositive((), likely, indeterminate)
    found = (
        _find_by_exclusion(told)
        or find_short_bad([*told])
        or _find_by_column([*told], column, known)
    )
    return FoundPositive((found,) if found else (), indeterminate=indeterminate)


def choose_positive_labels(
    names: Sequence[str], data: DataFacts, rules: LabelRules
) -> tuple[str, ...]:
    """Return the labels that the user names as positive, in the order of the answer.

    Raises:
        UsageError: If a name is that of no label, or if no other label is left.
    """
    labels = tuple(data.labels)
    chosen: dict[str, None] = {}
    for name in names:
        label = find_label(name, labels, rules)
        if label is None and find_label(name, data.indeterminate, rules):
            raise _make_overlap_error(name)
        if label is None:
            raise make_unknown_name_error(name, labels, where=POSITIVE_KEY)
        chosen[label] = None
    if len(chosen) == len(labels):
        raise UsageError(
            Text(
                f"these are all of the labels: {', '.join(labels)}",
                f"这些已是全部标签：{'、'.join(labels)}",
            ),
            where=POSITIVE_KEY,
            hint=Text(
                "leave out at least one, with which the others are compared",
                "至少留出一个标签作为对照",
            ),
        )
    return tuple(chosen)


def _make_overlap_error(name: str) -> UsageError:
    return UsageError(
        Text(f"`{name}` is also in {INDETERMINATE_KEY}", f"`{name}` 也在 {INDETERMINATE_KEY} 中"),
        where=POSITIVE_KEY,
        hint=Text(
            "name it in one of the two: its rows are either scored or left out",
            "只保留其中一处：这些行要么参与评分，要么剔除",
        ),
    )


def _tell_label(label: str, known: PositiveNames) -> _Told:
    name = normalize_label(label)
    if name in map(normalize_label, known.labels):
        return _Told("positive", settled=True)
    if name in map(normalize_label, known.negative_labels):
        return _Told("negative", settled=True)
    stems = _get_stems(known)
    return _Told(tell_direction(label, stems), settled=settle_direction(label, stems) is not None)


def _get_stems(known: PositiveNames) -> DirectionStems:
    return DirectionStems(known.stems, known.negative_stems, known.indeterminate_stems)


def _find_by_exclusion(told: Mapping[str, _Told]) -> str | None:
    """Return the one of two labels that negates the other, which is known to be negative.

    Any other label beside a good one may be good as well: good and excellent, paid and refinanced.
    """
    others = [label for label, one in told.items() if one.direction is None]
    negative = [label for label, one in told.items() if one.direction == "negative"]
    if not len(others) == len(negative) == 1 or len(told) != 2:
        return None
    return others[0] if negates_name(others[0], negative[0]) else None


def _find_by_column(labels: list[str], column: str, known: PositiveNames) -> str | None:
    """Return yes or no, by what the column's name asks; None for labels such as 1 and 2."""
    if len(labels) != 2:
        return None
    yes, no = (_filter_known(labels, names) for names in (YES_LABELS, NO_LABELS))
    direction = settle_direction(column, _get_stems(known)._replace(open=()))
    if len(yes) != 1 or len(no) != 1 or direction is None:
        return None
    return yes[0] if direction == "positive" else no[0]


def _filter_known(labels: Iterable[str], names: Iterable[str]) -> list[str]:
    known = {*map(normalize_label, names)}
    return [label for label in labels if normalize_label(label) in known]


def make_no_outcome_error(key: str) -> UsageError:
    """Make the error for an answer about the outcome, where the task has none."""
    return UsageError(
        Text("this task scores no label", "该任务不按标签评分"),
        where=key,
        hint=Text(f"leave out {get_option(key)}", f"请去掉 {get_option(key)}"),
    )
