"""Which split each row belongs to.

A hash of a row's group, or of its text where it has none, chooses the split: a row stays where it
is when other rows are added or removed, and rows of one group are never apart. Chance may leave a
split without a label of few rows; a few groups of that label are then moved, and no others. Quotas
for each label would meet the shares more closely, but any new row could then move old ones between
training and test.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .config import DataConfig

PROCESSED = Path("data/processed")  # where the rows of each split lie
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Move(NamedTuple):
    """A row that belongs to another split than its hash says."""

    source: Split
    position: int  # in the split, from 0
    target: Split
    labels: tuple[str, ...]


def split_of(group: str, data: DataConfig) -> Split:
    """The split that the hash of a group chooses; the same group is always in the same one."""
    return SPLITS[_split_at(_key(group), _bounds(data))]


class SplitAssigner:
    """Assigns rows to splits, one by one; 13 bytes a row are remembered."""

    def __init__(self, data: DataConfig) -> None:
        self._bounds = _bounds(data)
        self._keys, self._answers, self._splits = array("Q"), array("I"), array("B")
        self._known: dict[tuple[str, ...], int] = {}

    def assign(self, group: str, labels: Sequence[str]) -> Split:
        """The split of a row, by the hash of its group."""
        key = _key(group)
        split = _split_at(key, self._bounds)
        self._keys.append(key)
        self._answers.append(self._known.setdefault(tuple(labels), len(self._known)))
        self._splits.append(split)
        return SPLITS[split]

    def moves(self) -> list[Move]:
        """The rows to move so that every label with enough groups is in every split."""
        answers = np.array(self._answers, np.int64)
        splits = np.array(self._splits, np.int64)
        rows = np.bincount(answers * len(SPLITS) + splits, minlength=len(self._known) * len(SPLITS))
        counts: dict[str, list[int]] = {}
        for labels, found in zip(self._known, rows.reshape(-1, len(SPLITS)), strict=True):
            for label in labels:
                known = counts.setdefault(label, [0] * len(SPLITS))
                known[:] = [before + int(more) for before, more in zip(known, found, strict=True)]
        missing = {label for label, found in counts.items() if not all(found)}
        if not missing:
            return []
        groups = self._groups_with(missing, answers, splits)
        _spread(groups, counts, missing)
        return sorted(self._moved(groups, splits))

    def _groups_with(
        self, missing: set[str], answers: NDArray[np.int64], splits: NDArray[np.int64]
    ) -> list[_Group]:
        """The groups that have one of the labels, with all of their rows."""
        keys = np.array(self._keys, np.uint64)
        known = list(self._known)
        having = [place for place, labels in enumerate(known) if not missing.isdisjoint(labels)]
        chosen = np.isin(keys, keys[np.isin(answers, having)])
        groups: dict[int, _Group] = {}
        for row in np.flatnonzero(chosen).tolist():
            key = int(keys[row])
            if key not in groups:
                split = int(splits[row])
                distances = [_distance(key, at, self._bounds) for at in range(len(SPLITS))]
                groups[key] = _Group(split, split, distances, [], Counter())
            groups[key].rows.append(row)
            groups[key].labels.update(known[int(answers[row])])
        return list(groups.values())

    def _moved(self, groups: Sequence[_Group], splits: NDArray[np.int64]) -> Iterator[Move]:
        known = list(self._known)
        members = [np.flatnonzero(splits == split) for split in range(len(SPLITS))]
        for group in groups:
            if group.split == group.first_split:
                continue
            source, target = SPLITS[group.first_split], SPLITS[group.split]
            for row in group.rows:
                position = int(np.searchsorted(members[group.first_split], row))
                yield Move(source, position, target, known[self._answers[row]])


@dataclass
class _Group:
    """The rows that are never apart."""

    first_split: int
    split: int
    distances: list[int]  # of its hash from the hashes of each split
    rows: list[int]
    labels: Counter[str]  # rows of each

    def gain(self, target: int, counts: dict[str, list[int]]) -> int:
        """How many more pairs of label and split there are once the group is moved."""
        return sum(
            (not counts[label][target]) - (counts[label][self.split] == rows)
            for label, rows in self.labels.items()
        )

    def move(self, target: int, counts: dict[str, list[int]]) -> None:
        """Move the group, and count its rows where they are now."""
        for label, rows in self.labels.items():
            counts[label][self.split] -= rows
            counts[label][target] += rows
        self.split = target


def _spread(groups: Sequence[_Group], counts: dict[str, list[int]], missing: set[str]) -> None:
    """Move groups to splits that miss a label, as long as each move leaves fewer gaps.

    The label with the fewest groups chooses first. Of its groups, the one with the fewest rows is
    moved; among equals, the one whose hash is nearest to the split.
    """
    of_label = {label: [group for group in groups if label in group.labels] for label in missing}
    by_rarity = sorted(missing, key=lambda label: (len(of_label[label]), label))
    moving = True
    while moving:
        moving = False
        for label in by_rarity:
            for target in range(len(SPLITS)):
                if counts[label][target]:
                    continue
                gain, _, _, best = max(
                    (
                        (group.gain(target, counts), -len(group.rows), -group.distances[target], at)
                        for at, group in enumerate(of_label[label])
                        if group.split != target
                    ),
                )
                if gain > 0:
                    of_label[label][best].move(target, counts)
                    moving = True


def _key(group: str) -> int:
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big")


def _bounds(data: DataConfig) -> tuple[int, ...]:
    """Where test, validation and train begin among the hashes, and where they end."""
    shares = (0.0, data.test_share, data.test_share + data.validation_share, 1.0)
    return tuple(int(share * 2**64) for share in shares)


def _split_at(key: int, bounds: tuple[int, ...]) -> int:
    return 2 if key < bounds[1] else 1 if key < bounds[2] else 0


def _distance(key: int, split: int, bounds: tuple[int, ...]) -> int:
    """How far a hash is from those of a split."""
    place = len(SPLITS) - 1 - split
    return max(bounds[place] - key, key - bounds[place + 1], 0)
