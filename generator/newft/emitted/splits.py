"""Which split each row belongs to.

A hash of a row's group, or of its text where it has none, chooses the split: a row stays where it
is when other rows are added or removed, and rows of one group are never apart. Chance may leave a
split without a label of few rows; a few groups of that label are then moved, and no others. A label
with too few groups for every split is in training first, then in test. Quotas for each label would
meet the shares more closely, but any new row could then move old ones between training and test.

Where the files give splits, their validation and test rows stay where they are: a held-out split
that they do not give is taken from training by the same hash, and training loses what repeats
a given row.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

PROCESSED_DIR = Path("data/processed")  # where the rows of each split lie
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# a label is taught before it is tested, and tested before it is validated
_SPLITS_BY_PRIORITY = (0, 2, 1)


class SplitFractions(Protocol):
    """The shares of the rows that are held out."""

    @property
    def validation_fraction(self) -> float:
        """The share that chooses the checkpoint."""

    @property
    def test_fraction(self) -> float:
        """The share that the models are compared on."""


class RowMove(NamedTuple):
    """A row that belongs to another split than its hash says."""

    source: Split
    position: int  # in the split, from 0
    target: Split
    labels: tuple[str, ...]


class GivenPlace(NamedTuple):
    """Where the files put a row, and the hash of its text."""

    split: Split
    text_hash: int


class SplitAssigner:
    """Assigns rows to splits, one by one; 13 bytes a row are remembered, 21 with given splits."""

    def __init__(self, fractions: SplitFractions, given: Sequence[str] = ()) -> None:
        self._given = frozenset(at for at, split in enumerate(SPLITS) if split in given and at)
        self._bounds = _compute_bounds(fractions, self._given)
        self._texts = array("Q")  # only where splits are given
        self._keys = array("Q")
        self._targets = array("I")
        self._splits = array("B")
        self._known: dict[tuple[str, ...], int] = {}

    def assign(
        self, group_hash: int, labels: Sequence[str], given: GivenPlace | None = None
    ) -> Split:
        """The split of a row: the given one, or by the hash of its group."""
        split = _find_split(group_hash, self._bounds)
        if given:
            self._texts.append(given.text_hash)
            split = SPLITS.index(given.split) or split
        self._keys.append(group_hash)
        self._targets.append(self._known.setdefault(tuple(labels), len(self._known)))
        self._splits.append(split)
        return SPLITS[split]

    def list_assigned(self) -> AssignedRows:
        """All rows so far, in the order of their splits."""
        order = sorted(range(len(self._splits)), key=self._splits.__getitem__)
        keys, targets, splits, texts = (
            array(column.typecode, map(column.__getitem__, order if column else ()))
            for column in (self._keys, self._targets, self._splits, self._texts)
        )
        assigned = AssignedRows(
            array("Q", order), keys, targets, splits, known=[*self._known], bounds=self._bounds
        )
        assigned.fix(self._given, texts)
        return assigned


class AssignedRows:
    """The rows of train, then of validation, then of test; a row is named by its place there.

    A dropped row keeps its place, and so does a moved one: moves and drops are carried out by who
    has the rows.
    """

    def __init__(
        self,
        order: array[int],
        keys: array[int],
        targets: array[int],
        splits: array[int],
        *,
        known: Sequence[tuple[str, ...]],
        bounds: tuple[int, ...],
    ) -> None:
        self.order = order  # of each place, the number of the row as it was assigned
        self._keys = keys
        self._targets = targets
        self._splits = splits
        self._known = known
        self._bounds = bounds
        self._kept = bytearray(b"\1") * len(keys)
        self._fixed: frozenset[int] = frozenset()
        self._texts = array("Q")
        sizes = Counter(splits)
        self._starts = [0, *accumulate(sizes[at] for at in range(len(SPLITS)))]

    def fix(self, splits: frozenset[int], text_hashes: array[int]) -> None:
        """Leave the rows of given splits where they are; hashes of the texts of all rows."""
        self._fixed, self._texts = splits, text_hashes

    def is_fixed(self, split: Split) -> bool:
        """Whether the files give this held-out split."""
        return SPLITS.index(split) in self._fixed

    def drop_given_repeats(self) -> dict[int, int]:
        """Drop the rows that have the text of a row of a given held-out split; each with that row.

        Rows of given splits are kept, whatever they repeat.
        """
        if not self._fixed:
            return {}
        held = {
            text: place
            for place, text in enumerate(self._texts)
            if self._splits[place] in self._fixed
        }
        repeats = {
            place: held[text]
            for place, text in enumerate(self._texts)
            if text in held and self._splits[place] not in self._fixed
        }
        self.drop(repeats)
        return repeats

    def ranges(self) -> list[range]:
        """The places of each split, before any row is moved."""
        return [*map(range, self._starts, self._starts[1:])]

    def locate(self, place: int) -> tuple[Split, int]:
        """The split of a place, and the position in it, before any row is moved."""
        split = max(at for at in range(len(SPLITS)) if self._starts[at] <= place)
        return SPLITS[split], place - self._starts[split]

    def get_labels(self, place: int) -> tuple[str, ...]:
        """The labels of a row."""
        return self._known[self._targets[place]]

    def count_rows(self) -> dict[Split, int]:
        """The rows of each split that are not dropped."""
        sizes = Counter(split for split, kept in zip(self._splits, self._kept, strict=True) if kept)
        return {split: sizes[at] for at, split in enumerate(SPLITS)}

    def count_labels(self) -> dict[str, list[int]]:
        """The rows of each label in each split."""
        rows = Counter(zip(self._targets, self._splits, self._kept, strict=True))
        counts: dict[str, list[int]] = {}
        for target, labels in enumerate(self._known):
            for label in labels:
                known = counts.setdefault(label, [0] * len(SPLITS))
                for split in range(len(SPLITS)):
                    known[split] += rows[target, split, 1]
        return counts

    def drop(self, places: Iterable[int]) -> None:
        """Count these rows no more."""
        for place in places:
            self._kept[place] = 0

    def drop_untrained_labels(self) -> list[int]:
        """Drop the rows with a label that no training row has: their places."""
        counts = self.count_labels()
        untrained = self._list_with({label for label, rows in counts.items() if not rows[0]})
        self.drop(untrained)
        return untrained

    def merge_groups(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Keep the groups of both rows of each pair together; both are in one split now."""
        parents: dict[int, int] = {}

        def find_root(key: int) -> int:
            while key in parents:
                key = parents[key]
            return key

        for pair in pairs:
            first, second = sorted(find_root(self._keys[place]) for place in pair)
            if first != second:
                parents[second] = first
        for place, key in enumerate(self._keys):
            if key in parents:
                self._keys[place] = find_root(key)

    def list_rare(self) -> list[int]:
        """The rows that have a label which a split misses."""
        return self._list_with(_find_missing(self.count_labels(), self._list_free()))

    def spread_labels(self) -> list[RowMove]:
        """Move rows so that every label with enough groups is in every split."""
        counts, free, moved = self.count_labels(), self._list_free(), set[int]()
        # a move may take the last row of another label from a split: move that label's groups too
        while missing := _find_missing(counts, free):
            groups = self._list_groups_with(missing)
            sizes = [*self.count_rows().values()]
            _move_groups(groups, counts, missing, sizes=sizes, free=free)
            changed = [group for group in groups if group.split != group.first_split]
            if not changed:
                break
            for group in changed:
                moved.update(group.rows)
                for place in group.rows:
                    self._splits[place] = group.split
        return sorted(filter(None, map(self._describe_move, moved)))

    def _describe_move(self, place: int) -> RowMove | None:
        """How a row was moved; None if it is back in the split where it began."""
        source, position = self.locate(place)
        target = SPLITS[self._splits[place]]
        if target == source:
            return None
        return RowMove(source, position, target, self.get_labels(place))

    def _list_free(self) -> list[int]:
        """The splits that rows may be moved between."""
        return [at for at in range(len(SPLITS)) if at not in self._fixed]

    def _list_with(self, labels: set[str]) -> list[int]:
        """The rows that have one of the labels."""
        having = {at for at, target in enumerate(self._known) if not labels.isdisjoint(target)}
        return [
            place
            for place, target in enumerate(self._targets)
            if target in having and self._kept[place]
        ]

    def _list_groups_with(self, missing: set[str]) -> list[_Group]:
        """The groups that have one of the labels, with all of their rows."""
        wanted = {self._keys[place] for place in self._list_with(missing)}
        groups: dict[int, _Group] = {}
        for place, key in enumerate(self._keys):
            if key not in wanted or not self._kept[place] or self._splits[place] in self._fixed:
                continue
            if key not in groups:
                split = self._splits[place]
                distances = [_compute_distance(key, at, self._bounds) for at in range(len(SPLITS))]
                groups[key] = _Group(split, split, distances, [], Counter())
            groups[key].rows.append(place)
            groups[key].labels.update(self.get_labels(place))
        return [*groups.values()]


def _find_missing(counts: Mapping[str, Sequence[int]], free: Sequence[int]) -> set[str]:
    """The labels that have rows, but not in every split that rows may be moved to."""
    return {
        label
        for label, rows in counts.items()
        if any(rows[at] for at in free) and not all(rows[at] for at in free)
    }


@dataclass
class _Group:
    """The rows that are never apart."""

    first_split: int
    split: int
    distances: list[int]  # of its hash from the hashes of each split
    rows: list[int]
    labels: Counter[str]  # rows of each

    def gain(self, target: int, counts: dict[str, list[int]]) -> tuple[int, ...]:
        """How many more labels train, test and validation have once the group is moved."""
        return tuple(
            sum(
                (split == target and not counts[label][split])
                - (split == self.split and counts[label][split] == rows)
                for label, rows in self.labels.items()
            )
            for split in _SPLITS_BY_PRIORITY
        )

    def move(self, target: int, counts: dict[str, list[int]]) -> None:
        """Move the group, and count its rows where they are now."""
        for label, rows in self.labels.items():
            counts[label][self.split] -= rows
            counts[label][target] += rows
        self.split = target


def _move_groups(
    groups: Sequence[_Group],
    counts: dict[str, list[int]],
    missing: set[str],
    *,
    sizes: list[int],
    free: Sequence[int],
) -> None:
    """Move groups to splits that miss a label, as long as each move leaves fewer gaps.

    The label with the fewest groups chooses first. Of its groups, the one with the fewest rows is
    moved; among equals, the one whose hash is nearest to the split. No split loses its last row.
    """
    of_label = {label: [group for group in groups if label in group.labels] for label in missing}
    by_rarity = sorted(missing, key=lambda label: (len(of_label[label]), label))
    moving = True
    while moving:
        moving = False
        for label in by_rarity:
            for target in (at for at in free if not counts[label][at]):
                movable = [one for one in of_label[label] if sizes[one.split] > len(one.rows)]
                if best := _pick_best_group(movable, target, counts):
                    sizes[best.split] -= len(best.rows)
                    sizes[target] += len(best.rows)
                    best.move(target, counts)
                    moving = True


def _pick_best_group(
    groups: Sequence[_Group], target: int, counts: dict[str, list[int]]
) -> _Group | None:
    """The group whose move to the split gains most, if any does."""
    ranked = [
        (group.gain(target, counts), -len(group.rows), -group.distances[target], at)
        for at, group in enumerate(groups)
        if group.split != target
    ]
    gain, _, _, at = max(ranked, default=((0,), 0, 0, 0))
    return groups[at] if gain > (0,) * len(SPLITS) else None


def _compute_bounds(fractions: SplitFractions, given: frozenset[int]) -> tuple[int, ...]:
    """Where test, validation and train begin among the hashes, and where they end.

    A given split takes no row by its hash.
    """
    test = 0.0 if 2 in given else fractions.test_fraction
    held_out = test + (0.0 if 1 in given else fractions.validation_fraction)
    return tuple(int(share * 2**64) for share in (0.0, test, held_out, 1.0))


def _find_split(key: int, bounds: tuple[int, ...]) -> int:
    return 2 if key < bounds[1] else 1 if key < bounds[2] else 0


def _compute_distance(key: int, split: int, bounds: tuple[int, ...]) -> int:
    """How far a hash is from those of a split."""
    place = len(SPLITS) - 1 - split
    return max(bounds[place] - key, key - bounds[place + 1], 0)
