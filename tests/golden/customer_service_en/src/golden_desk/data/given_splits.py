"""The splits that data files give: a column, or the names of the files, say which row is in which.

Rows of a test set that others measure on must not be trained on. The words decide, in English and
Chinese; a column is one of splits if nearly all of its values are such words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import PurePath

from .splits import SPLITS, Split

SPLIT_FIELD = "split"  # the field of data.columns that names the split of a row
MIN_SPLIT_VALUE_SHARE = 0.9  # of the filled values; a few may be typing errors

_WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "trn", "trainset"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "validate", "valset"), "validation"),
    **dict.fromkeys(("dev", "devset", "development", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "testset", "holdout"), "test"),
}
# short forms that only a cell may have: in the name of a file `tr` is a language
_CELL_WORDS: dict[str, Split] = {"tr": "train", "va": "validation", "te": "test", "ts": "test"}
_HAN_WORDS: dict[str, Split] = {
    **dict.fromkeys(("训练", "訓練"), "train"),
    **dict.fromkeys(("验证", "驗證", "开发集", "開發集"), "validation"),
    **dict.fromkeys(("测试", "測試"), "test"),
}
_FILLERS = frozenset({"set", "data", "dataset", "split", "集", "数据", "数据集", "集合"})
_PART_PATTERN = re.compile(r"[a-z]+|[^\W\d_a-z]+")
_HAN_PATTERN = re.compile("|".join(_HAN_WORDS))
_SPLIT_MASK = 0x5851F42D4C957F2D  # any bits will do, as hashes are random
_CELL_CHARS = 40  # a longer cell is a text


@lru_cache(maxsize=10_000)
def read_split_word(cell: str) -> Split | None:
    """The split that a cell names; None for a cell with other words."""
    if len(cell) > _CELL_CHARS:
        return None
    parts = _split_parts(cell)
    if len(parts) == 1 and parts[0] in _CELL_WORDS:
        return _CELL_WORDS[parts[0]]
    rest = [part for part in parts if part not in _WORDS and part not in _HAN_WORDS]
    return None if {*rest} - _FILLERS else _pick_only(parts)


@lru_cache(maxsize=10_000)
def find_file_split(file: str) -> Split | None:
    """The split that a word in the name of a file names, or its folder, if called just that.

    None where no word or several do.
    """
    path = PurePath(file)
    return _pick_only(_split_parts(path.name)) or read_split_word(path.parent.name)


def read_given_split(cell: str, file: str) -> Split:
    """The split of a row, by its cell, else by its file; a row without one is trained on."""
    return read_split_word(cell) or find_file_split(file) or "train"


def hash_in_split(text_hash: int, split: Split | None) -> int:
    """A hash that differs between given splits: a row is a duplicate only within its own.

    Given twice, the split leaves the hash as it was.
    """
    return text_hash ^ (SPLITS.index(split) * _SPLIT_MASK) if split else text_hash


def is_split_column(values: Iterable[str]) -> bool:
    """Whether the values of a column name training and at least one split that is held out."""
    filled = [value for value in values if value.strip()]
    named = [split for value in filled if (split := read_split_word(value))]
    return len(named) >= MIN_SPLIT_VALUE_SHARE * len(filled) and names_splits(named)


def names_splits(found: Iterable[Split | None]) -> bool:
    """Whether training is among the splits, and a split that is held out: one alone says little."""
    splits = {*found} - {None}
    return "train" in splits and len(splits) > 1


def list_given(found: Iterable[Split]) -> tuple[Split, ...]:
    """The splits in their order, each once."""
    met = {*found}
    return tuple(split for split in SPLITS if split in met)


def _split_parts(text: str) -> list[str]:
    """The words of a text in lower case; a Chinese word that names a split is one by itself."""
    parts = _PART_PATTERN.findall(unicodedata.normalize("NFKC", text).casefold())
    return [piece for part in parts for piece in _cut_han(part) if piece]


def _cut_han(part: str) -> Sequence[str]:
    found = _HAN_PATTERN.findall(part)
    return [*found, *_HAN_PATTERN.split(part)] if found else [part]


def _pick_only(parts: Iterable[str]) -> Split | None:
    found = {split for part in parts if (split := _WORDS.get(part) or _HAN_WORDS.get(part))}
    return found.pop() if len(found) == 1 else None
