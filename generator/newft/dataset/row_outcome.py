"""What `make data` will make of the rows: labels, rejects, splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from newft.data_errors import ALL_REJECT_REASONS
from newft.dataset.answered_rows import AnsweredRows, answer_rows, count_contradictions
from newft.dataset.label_parsing import pick_frequent_spellings
from newft.dataset.row_stats import DistinctRows, RowStats, Target
from newft.dataset.stated_positions import find_stated_positions
from newft.emitted.dedup import hash_text
from newft.emitted.given_splits import hash_in_split
from newft.emitted.label_leaks import Position
from newft.emitted.label_rules import read_label
from newft.emitted.multilabel import join_labels
from newft.emitted.near_duplicates import (
    MAX_COMPARED_ROWS,
    LabeledTexts,
    drop_cross_split_repeats,
)
from newft.emitted.normalize import normalize_label
from newft.emitted.record_rules import name_unlisted
from newft.emitted.splits import SPLITS, AssignedRows, GivenPlace, Split, SplitAssigner
from newft.schema.kit import Task
from newft.split_fractions import SplitFractions, choose_split_fractions

MIN_ROWS = 20  # fewer rows are refused, and not split
MIN_ROWS_PER_LABEL = 3  # one row for each split
NO_SPLITS = SplitFractions(validation_fraction=0.0, test_fraction=0.0)


@dataclass(frozen=True)
class RowOutcome:
    """What becomes of the rows, once all are read."""

    labels: Mapping[str, int]  # distinct rows of each label, however few
    kept_labels: Mapping[str, int]  # rows in the splits of each label that is trained on
    held_out_labels: Mapping[str, tuple[int, int]]  # of these, in validation and in test
    recommendations: Mapping[str, int]  # rows of each that is trained on
    longest_target: str  # as it is trained on
    rejects: Mapping[str, int]  # rows left out, by code
    repeats: int  # rows that repeat an earlier one
    contradictions: int  # texts with more than one target
    groups: Counter[str]  # distinct rows of each group
    rows_to_split: int
    splits: Mapping[Split, int]  # rows of each
    near_duplicates_checked: bool  # if not, `make data` may still check: it has fewer rows
    given_splits: tuple[Split, ...]  # the splits that the files give; of one alone none
    stated_positions: tuple[Position, ...]  # at which texts state their labels
    stated_example: str  # how the first text that states its label does so, if any does

    @property
    def accepted(self) -> int:
        """The rows of all splits."""
        return sum(self.splits.values())


def resolve_rows(stats: RowStats, used_splits: Sequence[str] | None = None) -> RowOutcome:
    """Find out what becomes of the rows, once all are read; of given splits some may be used."""
    distinct = stats.distinct
    positions = find_stated_positions(stats)
    answered, repeats, stated = answer_rows(stats, positions)
    counts = answered.count_targets()
    kept = drop_rare(_drop_lists(counts, stats.task))
    spell = _Speller(stats)
    groups = Counter(filter(None, map(distinct.groups.__getitem__, answered.rows)))
    rejects = _count_rejects(stats.rejected, counts, kept, repeats, stats.task)
    rejects["label_in_input"] += stated
    chosen = answered.keep(kept)
    given = tuple(split for split in SPLITS if split in {*distinct.given})
    if used_splits is not None:
        given = tuple(split for split in given if split in used_splits)
    assigned = _assign_splits(distinct, chosen, spell, given=given, grouped=len(groups) > 1)
    compares = not stats.task.tabular
    checked = len(chosen.rows) <= MAX_COMPARED_ROWS and distinct.texts is not None
    across = assigned.drop_given_repeats()
    if compares and checked:
        across |= _drop_near_duplicates(
            assigned,
            chosen,
            spell,
            stats=stats,
        )
    rejects["near_duplicate_across_split"] = len(across)
    assigned.spread_labels()
    rejects["untrained_label"] = len(assigned.drop_untrained_labels())
    scale = _list_scale(stats.task)
    sorted_labels = spell.counts(sort_labels(_count_labels(kept), scale))
    in_splits = assigned.count_labels()
    return RowOutcome(
        labels=spell.counts(sort_labels(_count_labels(counts), scale)),
        kept_labels={label: sum(in_splits.get(label, ())) for label in sorted_labels},
        held_out_labels={
            label: (rows[1], rows[2])
            for label in sorted_labels
            if sum(rows := in_splits.get(label, [0, 0, 0]))
        },
        recommendations=spell.recommendations(kept),
        longest_target=max(map(spell.target, kept), key=len, default=""),
        rejects={code: rejects[code] for code in ALL_REJECT_REASONS if rejects[code]},
        repeats=repeats.total(),
        contradictions=count_contradictions(stats, chosen),
        groups=groups,
        rows_to_split=len(chosen.rows),
        splits=assigned.count_rows(),
        near_duplicates_checked=checked or not compares,
        given_splits=given,
        stated_positions=positions,
        stated_example=stats.stated or next(map(stats.stated_ends.__getitem__, positions), ""),
    )


def _assign_splits(
    distinct: DistinctRows,
    answered: AnsweredRows,
    spell: _Speller,
    *,
    given: Sequence[Split],
    grouped: bool,
) -> AssignedRows:
    rows = len(answered.rows)
    fractions = choose_split_fractions(rows) if rows >= MIN_ROWS else NO_SPLITS
    assigner = SplitAssigner(fractions, given)
    labels = [spell.labels(target) for target in answered.targets]
    for row, target in zip(answered.rows, answered.numbers, strict=True):
        group = distinct.groups[row] if grouped else ""
        key = hash_text(group) if group else distinct.split_hashes[row]
        place = None
        if given:
            split = distinct.given[row]
            place = GivenPlace(split, hash_in_split(distinct.text_hashes[row], split))
        assigner.assign(key, labels[target], place)
    return assigner.list_assigned()


def _drop_near_duplicates(
    assigned: AssignedRows,
    answered: AnsweredRows,
    spell: _Speller,
    *,
    stats: RowStats,
) -> dict[int, int]:
    """Drop the rows that nearly repeat a row of a later split; each with that row."""
    known = stats.distinct.texts
    assert known is not None
    texts = [known[answered.rows[number]] for number in assigned.order]
    spelled = [*map(spell.target, answered.targets)]
    targets = [spelled[answered.numbers[number]] for number in assigned.order]
    asked = bool(stats.task.context_field)
    rows = LabeledTexts(texts, targets, stats.compare_digits, labels_answer_questions=asked)
    return drop_cross_split_repeats(assigned, rows)


def drop_rare(counts: Mapping[Target, int]) -> dict[Target, int]:
    """The targets whose labels and recommendations have rows enough for every split."""
    kept = dict(counts)
    while True:
        labels, recommendations = _count_labels(kept), _count_recommendations(kept)
        fewer = {
            target: rows
            for target, rows in kept.items()
            if recommendations[target.recommendation] >= MIN_ROWS_PER_LABEL
            and all(labels[label] >= MIN_ROWS_PER_LABEL for label in target.labels)
        }
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def sort_labels(rows: Mapping[str, int], scale: Sequence[str]) -> dict[str, int]:
    """Rows a label, in the order of a scale that has all the labels, else by name."""
    places = {normalize_label(name): place for place, name in enumerate(scale)}
    known = rows.keys() <= places.keys()
    return dict(sorted(rows.items(), key=lambda row: (places[row[0]] if known else 0, row[0])))


class _Speller:
    """Labels and recommendations as most rows spell them."""

    def __init__(self, stats: RowStats) -> None:
        self._labels = pick_frequent_spellings(stats.label_spellings())
        self._recommendations = pick_frequent_spellings(stats.recommendation_spellings())
        self._rules = stats.task.label_rules

    def counts(self, rows: Mapping[str, int]) -> dict[str, int]:
        """The rows of each label."""
        return {self._labels[label]: count for label, count in rows.items()}

    def labels(self, target: Target) -> list[str]:
        """The labels of a target."""
        return [self._labels[label] for label in target.labels]

    def target(self, target: Target) -> str:
        """A target, as it is trained on."""
        lines = [join_labels(self.labels(target), self._rules)]
        if target.recommendation:
            lines.append(self._recommendations[target.recommendation])
        return "\n".join(lines)

    def recommendations(self, targets: Mapping[Target, int]) -> dict[str, int]:
        """The rows of each recommendation, by name; none where the records have none."""
        rows = sorted(_count_recommendations(targets).items())
        return {self._recommendations[name]: count for name, count in rows if name}


def _count_rejects(
    rejected: Mapping[str, int],
    counts: Mapping[Target, int],
    kept: Mapping[Target, int],
    repeats: Counter[Target],
    task: Task,
) -> Counter[str]:
    """The rows left out before they are split, by code."""
    rejects, labels = Counter(rejected), _count_labels(kept)
    for target, rows in counts.items():
        if target in kept:
            rejects["duplicate"] += repeats[target]
        else:
            known = all(label in labels for label in target.labels)
            label = "".join(target.labels)
            code = "unknown_recommendation" if known else _name_unlisted(label, labels, task)
            rejects[code] += rows + repeats[target]
    return rejects


def _drop_lists(counts: Mapping[Target, int], task: Task) -> dict[Target, int]:
    """The targets that are no list of others, where a record has one label."""
    labels = _count_labels(counts)
    return {
        target: rows
        for target, rows in counts.items()
        if _name_unlisted("".join(target.labels), labels, task) == "unknown_label"
    }


def _name_unlisted(label: str, labels: Iterable[str], task: Task) -> str:
    """The code of rows whose label is not used."""
    return name_unlisted(label, [*labels], task.label_rules)


def _list_scale(task: Task) -> tuple[str, ...]:
    """The labels that records of the task usually have; of several in a row, none is higher."""
    if task.label_rules.separator:
        return ()
    field = next(field for field in task.fields.values() if field.role == "label")
    return tuple(read_label(name, task.label_rules) for name in field.typical)


def _count_labels(targets: Mapping[Target, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for target, rows in targets.items():
        for label in target.labels:
            found[label] += rows
    return found


def _count_recommendations(targets: Mapping[Target, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for target, rows in targets.items():
        found[target.recommendation] += rows
    return found
