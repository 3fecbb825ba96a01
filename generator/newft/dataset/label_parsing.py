"""Which labels a cell holds: the form in which they are compared, and how each is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from newft.emitted.label_rules import LabelRules, find_alias, strip_affixes
from newft.emitted.multilabel import read_labels, split_labels, split_parts
from newft.emitted.normalize import clean_label, normalize_label
from newft.emitted.record_rules import read_single_label
from newft.schema.kit import Task


def list_normalized_labels(text: str, task: Task) -> tuple[str, ...]:
    """The labels in a cell, as they are compared; each once, by name."""
    return tuple(sorted({*_read_labels(text, task.label_rules)}))


def parse_spellings(text: str, task: Task) -> dict[str, str]:
    """The labels in a cell: as they are compared, and as they are written there."""
    rules, pieces = task.label_rules, [text]
    if rules.separator is not None:
        pieces = [piece for piece in split_labels(text, rules) if split_parts(piece, rules)]
    # a cell in which the labels are missing has a piece, but no label
    labels = zip(_read_labels(text, rules), pieces, strict=False)
    return {label: _spell_label(piece, rules) for label, piece in labels}


def _spell_label(text: str, rules: LabelRules) -> str:
    """Spell a label as a cell does, without a prefix; an alias becomes its label."""
    label = find_alias(strip_affixes(normalize_label(text), rules), rules)
    if label is not None:
        return label
    for prefix in map(normalize_label, rules.strip_prefixes):
        for end in range(1, len(text)):  # the cell may write the prefix in another width
            if normalize_label(text[:end]).strip("_") == prefix:
                return text[end:]
    return text


def _read_labels(text: str, rules: LabelRules) -> list[str]:
    """Read a cell as a project does, before the list of labels is known."""
    if rules.separator is None:
        return read_single_label(text, rules, listed=())
    return read_labels(text, rules)


def pick_frequent_spellings(spellings: Mapping[str, Counter[str]]) -> dict[str, str]:
    """The spelling of each label that most rows have, without what nobody sees."""
    spelling: dict[str, str] = {}
    for label, found in spellings.items():
        clean: Counter[str] = Counter()
        for cell, rows in found.items():
            clean[clean_label(cell)] += rows
        spelling[label] = clean.most_common(1)[0][0]
    return spelling
