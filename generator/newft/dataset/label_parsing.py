"""Which labels a cell holds: the form in which they are compared, and how each is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from newft.emitted.multilabel import join_parts, split_labels, split_parts
from newft.emitted.normalize import MISSING_LABEL, clean_label, is_missing, normalize_label
from newft.schema.kit import Task


def parse_labels(text: str, task: Task) -> tuple[str, ...]:
    """The labels in a cell, as they are compared; each once, by name."""
    return tuple(sorted(parse_spellings(text, task)))


def parse_spellings(text: str, task: Task) -> dict[str, str]:
    """The labels in a cell: as they are compared, and as they are written there."""
    if is_missing(text, MISSING_LABEL):
        return {}
    if task.separator is None:
        return {normalize_label(text): text}
    prefix, suffix = task.label_prefix, task.label_suffix
    return {
        join_parts(parts): _strip_prefix(piece, prefix)
        for piece in split_labels(text, task.separator)
        if (parts := split_parts(piece, prefix, suffix))
    }


def pick_frequent_spellings(spellings: Mapping[str, Counter[str]]) -> dict[str, str]:
    """The spelling of each label that most rows have, without what nobody sees."""
    spelling: dict[str, str] = {}
    for label, found in spellings.items():
        clean: Counter[str] = Counter()
        for cell, rows in found.items():
            clean[clean_label(cell)] += rows
        spelling[label] = clean.most_common(1)[0][0]
    return spelling


def _strip_prefix(label: str, prefix: str) -> str:
    """The label without what some files write before it, in whatever width."""
    for end in range(1, len(label) if prefix else 0):
        if normalize_label(label[:end]).strip("_") == prefix:
            return label[end:]
    return label
