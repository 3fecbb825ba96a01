"""The splits that data files give: a column, or the names of the files, say which row is in which.

Rows of a test set that others measure on must not be trained on. The words decide, in English and
Chinese. A column of splits may call them as it likes, such as PublicTest, as long as a word of a
split is part of it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import PurePath

from .normalize import MISSING_GROUP_PATTERN, is_missing
from .splits import SPLITS, Split

SPLIT_FIELD = "split"  # the field of data.columns that names the split of a row
MIN_LIKENESS = 0.8  # of a typing error, such as `trian`, and the word that was meant

_WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "trn", "trainset"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "validate", "valset"), "validation"),
    **dict.fromkeys(("dev", "devset", "development", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "testset", "holdout", "heldout"), "test"),
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
# what a value of a column of splits holds, in the order in which a word of two splits is read
_INNER_PATTERNS: dict[Split, re.Pattern[str]] = {
    "test": re.compile("test|held.?out|hold.?out|unseen|测试|測試|留出|保留|盲测"),
    "validation": re.compile("valid|eval|(?<![a-z])(?:val|dev)(?![a-z])|验证|驗證|开发集|開發集"),
    "train": re.compile("train|训练|訓練"),
}
_MEANT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "testing": "test",
}
_SPLIT_MASK = 0x5851F42D4C957F2D  # any bits will do, as hashes are random
CELL_CHARS = 40  # a longer cell is a text


@lru_cache(maxsize=10_000)
def read_split_word(cell: str) -> Split | None:
    """The split that a cell names; None for a cell with other words."""
    if len(cell) > CELL_CHARS:
        return None
    parts = list_word_parts(cell)
    if len(parts) == 1 and parts[0] in _CELL_WORDS:
        return _CELL_WORDS[parts[0]]
    rest = [part for part in parts if part not in _WORDS and part not in _HAN_WORDS]
    return None if {*rest} - _FILLERS else _pick_only(parts)


@lru_cache(maxsize=10_000)
def read_split_cell(cell: str) -> Split | None:
    """The split that a value of a column of splits means; None where none or several may be."""
    if (split := read_split_word(cell)) or len(cell) > CELL_CHARS:
        return split
    text = unicodedata.normalize("NFKC", cell).strip().casefold()
    inner = [split for split, pattern in _INNER_PATTERNS.items() if pattern.search(text)]
    if inner:
        return inner[0] if len(inner) == 1 or "train" not in inner else None
    meant = difflib.get_close_matches(text, _MEANT_WORDS, n=1, cutoff=MIN_LIKENESS)
    return _MEANT_WORDS[meant[0]] if meant else None


@lru_cache(maxsize=10_000)
def find_file_split(file: str) -> Split | None:
    """The split that a word in the name of a file names, or its folder, if called just that.

    None where no word or several do.
    """
    path = PurePath(file)
    return _pick_only(list_word_parts(path.name)) or read_split_word(path.parent.name)


@lru_cache(maxsize=10_000)
def has_unknown_split(cell: str) -> bool:
    """Whether a cell names a split that is none of the three: its row is not trained on."""
    return not is_missing(cell, MISSING_GROUP_PATTERN) and read_split_cell(cell) is None


def read_given_split(cell: str, file: str) -> Split:
    """The split of a row, by its cell, else by its file; a row without one is trained on."""
    return read_split_cell(cell) or find_file_split(file) or "train"


def hash_in_split(text_hash: int, split: Split | None) -> int:
    """A hash that differs between given splits: a row is a duplicate only within its own.

    Given twice, the split leaves the hash as it was.
    """
    return text_hash ^ (SPLITS.index(split) * _SPLIT_MASK) if split else text_hash


def names_splits(found: Iterable[Split | None]) -> bool:
    """Whether training is among the splits, and a split that is held out: one alone says little."""
    splits = {*found} - {None}
    return "train" in splits and len(splits) > 1


def list_word_parts(text: str) -> list[str]:
    """The words of a text in lower case; a Chinese word that names a split is one by itself."""
    parts = _PART_PATTERN.findall(unicodedata.normalize("NFKC", text).casefold())
    return [piece for part in parts for piece in _cut_han(part) if piece]


def _cut_han(part: str) -> Sequence[str]:
    found = _HAN_PATTERN.findall(part)
    return [*found, *_HAN_PATTERN.split(part)] if found else [part]


def _pick_only(parts: Iterable[str]) -> Split | None:
    found = {split for part in parts if (split := _WORDS.get(part) or _HAN_WORDS.get(part))}
    return found.pop() if len(found) == 1 else None
