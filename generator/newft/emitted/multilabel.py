"""Several labels in one cell: how they are told apart and put together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from .normalize import normalize_label

COMMA_PATTERN = re.compile("_*[、,]_*")  # in a label as normal_label gives it


def split_labels_into_parts(
    text: str, separator: str, prefix: str, suffix: str
) -> list[tuple[str, ...]]:
    """The labels between separators and line ends, each as its parts between commas.

    A comma may stand within a label (走私、贩卖、运输、制造毒品) or between two: named_by tells.
    """
    pieces = split_labels(text, separator)
    return [parts for piece in pieces if (parts := split_parts(piece, prefix, suffix))]


def split_labels(text: str, separator: str) -> list[str]:
    """What stands between separators, of any width, and line ends: as it is written."""
    for character in {*text}:
        if unicodedata.normalize("NFKC", character) == separator:
            text = text.replace(character, "\n")
    return text.splitlines()


def split_parts(label: str, prefix: str, suffix: str) -> tuple[str, ...]:
    """What stands between the commas of a label, without what some files write around each."""
    parts = (
        part.strip("_").removeprefix(prefix) for part in COMMA_PATTERN.split(normalize_label(label))
    )
    return tuple(name for part in parts if (name := part.strip("_").removesuffix(suffix)))


def join_parts(parts: Sequence[str]) -> str:
    """The label of these parts, as parts_of reads it."""
    return (",_" if all(map(str.isascii, parts)) else "、").join(parts)


def segment(parts: Sequence[str], listed: Mapping[Sequence[str], str]) -> set[str] | None:
    """The labels that parts make up without a rest; the longest label first, if there is one."""
    rests: list[set[str] | None] = [set()]  # what the last 0, 1, 2, ... parts name
    for start in reversed(range(len(parts))):
        ways = (
            {label} | rest
            for end in range(len(parts), start, -1)
            if (label := listed.get(parts[start:end]))
            if (rest := rests[len(parts) - end]) is not None
        )
        rests.append(next(ways, None))
    return rests[-1]
