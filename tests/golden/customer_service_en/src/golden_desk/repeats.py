"""Texts that were there before: with the same label a duplicate, with another a contradiction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple


class Place(NamedTuple):
    """Where a row stands in the raw files."""

    file: str
    row: int


class Texts:
    """The texts met so far, each with its labels and where each was met first."""

    def __init__(self) -> None:
        self._met: dict[bytes, tuple[tuple[str, Place], ...]] = {}
        self._contradicted: dict[bytes, str] = {}

    def earlier(self, skeleton: str, label: str, place: Place, *, text: str) -> Place | None:
        """The row that said the same before; None for news, which is remembered."""
        # a million long texts need not be kept
        key = hashlib.sha256(skeleton.encode()).digest()[:8]
        met = self._met.get(key, ())
        for before, first in met:
            if before == label:
                return first
        self._met[key] = (*met, (label, place))
        if met:
            self._contradicted[key] = text
        return None

    def contradictions(self) -> Iterator[dict[str, object]]:
        """The texts with several labels: which, and the first row of each."""
        for key, text in self._contradicted.items():
            labels = [{"label": label, **place._asdict()} for label, place in self._met[key]]
            yield {"text": text, "labels": labels}
