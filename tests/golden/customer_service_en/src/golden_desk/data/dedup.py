"""Texts that were there before: with the same label a duplicate, with another a contradiction."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class RowLocation(NamedTuple):
    """Where a row stands in the raw files."""

    file: str
    row: int


class SeenTexts:
    """The texts met so far, each with its labels and where each was met first."""

    def __init__(self) -> None:
        self._met: dict[bytes, tuple[tuple[str, RowLocation], ...]] = {}
        self._contradicted: dict[bytes, None] = {}  # in the order they were met

    def earlier(self, skeleton: str, label: str, place: RowLocation) -> RowLocation | None:
        """The row that said the same before; None for news, which is remembered."""
        # a million long texts need not be kept
        key = hashlib.sha256(skeleton.encode()).digest()[:8]
        met = self._met.get(key, ())
        for before, first in met:
            if before == label:
                return first
        self._met[key] = (*met, (label, place))
        if met:
            self._contradicted[key] = None
        return None

    def contradictions(self) -> list[tuple[tuple[str, RowLocation], ...]]:
        """The labels of each text that has several, each with its first row."""
        return [self._met[key] for key in self._contradicted]
