"""Which labels a cell holds: the form in which they are compared, and how each is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from newft.emitted.label_rules import read_label, spell_label
from newft.emitted.multilabel import join_parts, split_labels, split_parts
from newft.emitted.normalize import MISSING_LABEL_PATTERN, clean_label, is_missing
from newft.schema.kit import Task


def list_normalized_labels(text: str, task: Task) -> tuple[str, ...]:
    """The labels in a cell, as they are compared; each once, by name."""
    return tuple(sorted(parse_spellings(text, task)))


def parse_spellings(text: str, task: Task) -> dict[str, str]:
    """The labels in a cell: as they are compared, and as they are written there."""
    if is_missing(text, MISSING_LABEL_PATTERN):
        return {}
    rules = task.label_rules
    if rules.separator is None:
        return {label: spell_label(text, rules)} if (label := read_label(text, rules)) else {}
    return {
        join_parts(parts): spell_label(piece, rules)
        for piece in split_labels(text, rules)
        if (parts := split_parts(piece, rules))
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
