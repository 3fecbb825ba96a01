"""Which columns are columns of splits, by their names and values.

A column whose name speaks of splits may call them as it likes, such as PublicTest; another one is
a column of splits only if nearly all of its values are such words by themselves: departments may be
called Training and Testing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from newft.emitted.given_splits import (
    CELL_CHARS,
    list_word_parts,
    names_splits,
    read_split_cell,
    read_split_word,
)
from newft.emitted.splits import Split

MIN_SPLIT_VALUE_SHARE = 0.9  # of the filled values; a few may be typing errors
MIN_NAMED_VALUE_SHARE = 0.5  # of a column whose name speaks of splits: other rows are left out

# words that departments and stages have too: in a column of another name they prove nothing
_GERUNDS = frozenset({"training", "testing", "development", "evaluation", "validate"})
_NAME_WORDS = frozenset(
    {"split", "splits", "set", "subset", "dataset", "fold", "partition", "usage", "use"}
)
_HAN_NAME_PATTERN = re.compile("划分|劃分|分割|子集|数据集|集合|分区|用途")
_HUMP_PATTERN = re.compile("(?<=[a-z])(?=[A-Z])")  # of `dataSplit`


def is_split_column(name: str, values: Iterable[str]) -> bool:
    """Whether the values of a column name training and at least one split that is held out."""
    filled = [value for value in values if value.strip()]
    if speaks_of_splits(name):
        found, share = [*map(read_split_cell, filled)], MIN_NAMED_VALUE_SHARE
    else:
        found, share = [*map(_read_proof, filled)], MIN_SPLIT_VALUE_SHARE
    known = [split for split in found if split]
    return len(known) >= share * len(filled) and names_splits(known)


def speaks_of_splits(name: str) -> bool:
    """Whether the name of a column says that it holds splits."""
    parts = list_word_parts(_HUMP_PATTERN.sub(" ", name))
    return not _NAME_WORDS.isdisjoint(parts) or _HAN_NAME_PATTERN.search(name) is not None


def proves_split(cell: str) -> bool:
    """Whether a cell names a split by a word that hardly means anything else."""
    return _read_proof(cell) is not None


def _read_proof(cell: str) -> Split | None:
    return (
        None if _GERUNDS.intersection(list_word_parts(cell[:CELL_CHARS])) else read_split_word(cell)
    )
