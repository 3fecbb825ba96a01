"""Which split a record belongs to: its own group decides, so that new rows never move old ones."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal

from .config import DataConfig

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

_NOT_WORDS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")


def skeleton(text: str) -> str:
    """The text without case, width, punctuation and digits: what stays when it is sent again."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _DIGITS.sub("0", _NOT_WORDS.sub("", folded))


def split_of(group: str, data: DataConfig) -> Split:
    """The split of a group; the same group is always in the same one."""
    digest = hashlib.sha256(group.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < data.test_share:
        return "test"
    return "validation" if share < data.test_share + data.validation_share else "train"
