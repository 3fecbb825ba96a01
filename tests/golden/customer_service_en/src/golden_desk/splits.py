"""Which split a record belongs to: its own group decides, so that new rows never move old ones."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from .config import DataConfig

PROCESSED = Path("data/processed")  # where the rows of each split lie
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def split_of(group: str, data: DataConfig) -> Split:
    """The split of a group; the same group is always in the same one."""
    digest = hashlib.sha256(group.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < data.test_share:
        return "test"
    return "validation" if share < data.test_share + data.validation_share else "train"
