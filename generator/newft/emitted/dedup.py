"""Exact duplicates and contradictions: rows that have the same text."""

from __future__ import annotations

import hashlib
from typing import Generic, NamedTuple, TypeVar

Place = TypeVar("Place")  # how a caller names a row
TargetT = TypeVar("TargetT")  # what a row should be answered with


class RowLocation(NamedTuple):
    """The file and the row number of a row of the raw files."""

    file: str
    row: int


def hash_text(text: str) -> int:
    """The first eight bytes of the SHA-256 of a text: a million long texts need not be kept."""
    return int.from_bytes(hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:8], "big")


class SeenTexts(Generic[Place, TargetT]):
    """The texts of the rows so far, by hash, each with its targets and the first row of each."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[tuple[TargetT, Place], ...]] = {}
        self._contradictory: dict[int, None] = {}  # in the order in which they were found

    def find_earlier(self, text_hash: int, target: TargetT, place: Place) -> Place | None:
        """The earlier row with this text and target; None for a new row, which is remembered."""
        known = self._rows.get(text_hash, ())
        for known_target, first in known:
            if known_target == target:
                return first
        self._rows[text_hash] = (*known, (target, place))
        if known:
            self._contradictory[text_hash] = None
        return None

    def list_contradictions(self) -> list[tuple[tuple[TargetT, Place], ...]]:
        """The targets of each text that has several, each with its first row."""
        return [self._rows[text_hash] for text_hash in self._contradictory]
