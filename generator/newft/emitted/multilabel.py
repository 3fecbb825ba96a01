"""Several labels in one cell: how they are told apart and put together."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from .label_rules import COMMA_PATTERN, LabelRules, find_alias, read_label, strip_affixes
from .normalize import MISSING_LABEL_PATTERN, is_missing, normalize_label


def split_labels_into_parts(text: str, rules: LabelRules) -> list[tuple[str, ...]]:
    """Split a cell into labels, and each label into its parts between commas.

    A comma may stand within a label (`open, paid invoices`) or between two:
    `combine_parts` decides.
    """
    return [parts for piece in split_labels(text, rules) if (parts := split_parts(piece, rules))]


def read_labels(cell: str, rules: LabelRules) -> list[str]:
    """The labels of a cell, normalized; a label with a comma may be a list of others."""
    if is_missing(cell, MISSING_LABEL_PATTERN):
        return []
    return [join_parts(parts) for parts in split_labels_into_parts(cell, rules)]


def split_labels(text: str, rules: LabelRules) -> list[str]:
    """Split a cell at line ends and at separators, in whatever width these are written."""
    for character in {*text}:
        if unicodedata.normalize("NFKC", character) == rules.separator:
            text = text.replace(character, "\n")
    return text.splitlines()


def join_labels(labels: Iterable[str], rules: LabelRules) -> str:
    """Join the labels of a target, so that `split_labels` splits them."""
    return (rules.separator or "\n").join(labels)


def split_parts(label: str, rules: LabelRules) -> tuple[str, ...]:
    """Split a label at its commas; each part is stripped of affixes, and aliases are replaced."""
    whole = find_alias(strip_affixes(normalize_label(label), rules), rules)
    parts: list[str] = []
    for part in COMMA_PATTERN.split(normalize_label(whole or label)):
        parts += COMMA_PATTERN.split(read_label(part.strip("_"), rules))
    return tuple(filter(None, parts))


def join_parts(parts: Sequence[str]) -> str:
    """Join parts to the normalized label that `split_parts` splits."""
    return (",_" if all(map(str.isascii, parts)) else "、").join(parts)


def combine_parts(parts: Sequence[str], listed: Mapping[Sequence[str], str]) -> set[str] | None:
    """The known labels that all parts together form, the longest first; None if they form none."""
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
