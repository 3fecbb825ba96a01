"""Exact duplicates and contradictions: rows that have the same text."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

TargetT = TypeVar("TargetT")  # what a row should be answered with


class RowLocation(NamedTuple):
    """The file and the row number of a row of the raw files."""

    file: str
    row: int


def hash_text(text: str) -> int:
    """The first eight bytes of the SHA-256 of a text: a million long texts need not be kept."""
    return int.from_bytes(hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:8], "big")


class RowLocations:
    """Where rows are, by their number: 12 bytes a row."""

    def __init__(self) -> None:
        self._files: list[str] = []  # as they are read, one after the other
        self._file_numbers = array("I")
        self._rows = array("Q")

    def append(self, place: RowLocation) -> None:
        """Remember the place of the next row."""
        if not self._files or self._files[-1] != place.file:
            self._files.append(place.file)
        self._file_numbers.append(len(self._files) - 1)
        self._rows.append(place.row)

    def __getitem__(self, number: int) -> RowLocation:
        return RowLocation(self._files[self._file_numbers[number]], self._rows[number])


class SeenTexts(Generic[TargetT]):
    """The texts of the rows so far, by hash; rows that repeat no earlier one are numbered from 0.

    A row takes some 130 bytes, if the caller gives equal targets as one object.
    """

    def __init__(self) -> None:
        self._first: dict[int, int] = {}  # of each text, the row that had it first
        # of each text with several targets, the first row of each further one; in the order in
        # which the texts were found to have several
        self._further: dict[int, list[int]] = {}
        self._targets: list[TargetT] = []  # of each row

    def find_earlier(self, text_hash: int, target: TargetT) -> int | None:
        """The earlier row with this text and target; None for a new row, which is remembered."""
        number = len(self._targets)
        first = self._first.setdefault(text_hash, number)
        if first != number:
            if self._targets[first] == target:
                return first
            further = self._further.setdefault(text_hash, [])
            for known in further:
                if self._targets[known] == target:
                    return known
            further.append(number)
        self._targets.append(target)
        return None

    def list_contradictions(self) -> Iterator[list[tuple[TargetT, int]]]:
        """The targets of each text that has several, each with its first row."""
        for text_hash, further in self._further.items():
            numbers = (self._first[text_hash], *further)
            yield [(self._targets[number], number) for number in numbers]
