"""Which split each row belongs to.

A hash of a row's group, or of its text where it has none, chooses the split: a row stays where it
is when other rows are added or removed, and rows of one group are never apart. Chance may leave a
split without a label of few rows; a few groups of that label are then moved, and no others. A label
with too few groups for every split is in training first, then in test. Quotas for each label would
meet the shares more closely, but any new row could then move old ones between training and test.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config import DataConfig

PROCESSED_DIR = Path("data/processed")  # where the rows of each split lie
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_SPLITS_BY_PRIORITY = (
    0,
    2,
    1,
)  # a label is taught before it is tested, and tested before it is validated


class RowMove(NamedTuple):
    """A row that belongs to another split than its hash says."""

    source: Split
    position: int  # in the split, from 0
    target: Split
    labels: tuple[str, ...]


def choose_split(group: str, data: DataConfig) -> Split:
    """The split that the hash of a group chooses; the same group is always in the same one."""
    return SPLITS[_find_split(_hash_group(group), _compute_bounds(data))]


class SplitAssigner:
    """Assigns rows to splits, one by one; 13 bytes a row are remembered."""

    def __init__(self, data: DataConfig) -> None:
        self._bounds = _compute_bounds(data)
        self._keys, self._answers, self._splits = array("Q"), array("I"), array("B")
        self._known: dict[tuple[str, ...], int] = {}

    def assign(self, group: str, labels: Sequence[str]) -> Split:
        """The split of a row, by the hash of its group."""
        key = _hash_group(group)
        split = _find_split(key, self._bounds)
        self._keys.append(key)
        self._answers.append(self._known.setdefault(tuple(labels), len(self._known)))
        self._splits.append(split)
        return SPLITS[split]

    def assigned(self) -> AssignedRows:
        """All rows so far, in the order of their splits."""
        splits = np.array(self._splits, np.int64)
        order = np.argsort(splits, kind="stable")
        answers = np.array(self._answers, np.int64)
        keys = np.array(self._keys, np.uint64)
        return AssignedRows(
            keys[order], answers[order], splits[order], [*self._known], self._bounds
        )


class AssignedRows:
    """The rows of train, then of validation, then of test; a row is named by its place there."""

    def __init__(
        self,
        keys: NDArray[np.uint64],
        answers: NDArray[np.int64],
        splits: NDArray[np.int64],
        known: Sequence[tuple[str, ...]],
        bounds: tuple[int, ...],
    ) -> None:
        self._keys, self._answers, self._splits = keys, answers, splits
        self._known, self._bounds = known, bounds
        self._kept: NDArray[np.bool_] = np.ones(len(keys), bool)

    def drop(self, places: Iterable[int]) -> None:
        """Count these rows no more."""
        self._kept[[*places]] = False

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Keep the groups of both rows of each pair together; both are in one split now."""
        parents: dict[int, int] = {}

        def root(key: int) -> int:
            while key in parents:
                key = parents[key]
            return key

        for pair in pairs:
            first, second = sorted(root(int(self._keys[place])) for place in pair)
            if first != second:
                parents[second] = first
        joined = np.flatnonzero(np.isin(self._keys, np.array([*parents], np.uint64)))
        for place in joined.tolist():
            self._keys[place] = root(int(self._keys[place]))

    def rare(self) -> list[int]:
        """The rows that have a label which a split misses."""
        rows: list[int] = np.flatnonzero(self._with_labels(self._missing(self._counts()))).tolist()
        return rows

    def moves(self) -> list[RowMove]:
        """The rows to move so that every label with enough groups is in every split."""
        counts = self._counts()
        if not (missing := self._missing(counts)):
            return []
        groups = self._groups_with(missing)
        sizes = np.bincount(self._splits[self._kept], minlength=len(SPLITS)).tolist()
        _move_groups(groups, counts, missing, sizes)
        return sorted(self._moved(groups))

    def _counts(self) -> dict[str, list[int]]:
        """The rows of each label in each split."""
        places = (self._answers * len(SPLITS) + self._splits)[self._kept]
        rows = np.bincount(places, minlength=len(self._known) * len(SPLITS))
        counts: dict[str, list[int]] = {}
        for labels, found in zip(self._known, rows.reshape(-1, len(SPLITS)), strict=True):
            for label in labels:
                known = counts.setdefault(label, [0] * len(SPLITS))
                known[:] = [before + int(more) for before, more in zip(known, found, strict=True)]
        return counts

    @staticmethod
    def _missing(counts: Mapping[str, Sequence[int]]) -> set[str]:
        return {label for label, found in counts.items() if any(found) and not all(found)}

    def _with_labels(self, labels: set[str]) -> NDArray[np.bool_]:
        """Which rows have one of the labels."""
        having = [at for at, answer in enumerate(self._known) if not labels.isdisjoint(answer)]
        return self._kept & np.isin(self._answers, having)

    def _groups_with(self, missing: set[str]) -> list[_Group]:
        """The groups that have one of the labels, with all of their rows."""
        chosen = self._kept & np.isin(self._keys, self._keys[self._with_labels(missing)])
        groups: dict[int, _Group] = {}
        for row in np.flatnonzero(chosen).tolist():
            key = int(self._keys[row])
            if key not in groups:
                split = int(self._splits[row])
                distances = [_compute_distance(key, at, self._bounds) for at in range(len(SPLITS))]
                groups[key] = _Group(split, split, distances, [], Counter())
            groups[key].rows.append(row)
            groups[key].labels.update(self._known[int(self._answers[row])])
        return list(groups.values())

    def _moved(self, groups: Sequence[_Group]) -> Iterator[RowMove]:
        starts = np.searchsorted(self._splits, range(len(SPLITS))).tolist()
        for group in groups:
            if group.split == group.first_split:
                continue
            source, target = SPLITS[group.first_split], SPLITS[group.split]
            for row in group.rows:
                position = row - starts[group.first_split]
                yield RowMove(source, position, target, self._known[int(self._answers[row])])


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
    sizes: list[int],
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
            for target in (at for at in range(len(SPLITS)) if not counts[label][at]):
                free = [one for one in of_label[label] if sizes[one.split] > len(one.rows)]
                if best := _pick_best_group(free, target, counts):
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


def _hash_group(group: str) -> int:
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big")


def _compute_bounds(data: DataConfig) -> tuple[int, ...]:
    """Where test, validation and train begin among the hashes, and where they end."""
    shares = (0.0, data.test_fraction, data.test_fraction + data.validation_fraction, 1.0)
    return tuple(int(share * 2**64) for share in shares)


def _find_split(key: int, bounds: tuple[int, ...]) -> int:
    return 2 if key < bounds[1] else 1 if key < bounds[2] else 0


def _compute_distance(key: int, split: int, bounds: tuple[int, ...]) -> int:
    """How far a hash is from those of a split."""
    place = len(SPLITS) - 1 - split
    return max(bounds[place] - key, key - bounds[place + 1], 0)
