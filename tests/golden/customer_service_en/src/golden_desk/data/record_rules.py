"""The rules of a record: faults that keep it out, whatever labels the task has, and their order.

Whether the labels are on the task's list is asked after these, and whether the row repeats another
one after that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .label_leaks import LeakRules, find_leak
from .label_rules import LabelRules, find_label, read_label
from .normalize import MISSING_LABEL_PATTERN, is_missing

_LIST_PATTERN = re.compile("_*[;|,、#]_*")  # between labels of a normalized cell


def read_single_label(cell: str, rules: LabelRules, listed: Sequence[str]) -> list[str]:
    """The label of a cell, normalized, as a list that is empty where the cell has none.

    A mark such as null or 待分类 is a label only where the list of labels has it.
    """
    missing = is_missing(cell, MISSING_LABEL_PATTERN) and find_label(cell, listed, rules) is None
    label = "" if missing else read_label(cell, rules)
    return [label] if label else []


def find_reject_reason(
    inputs: Sequence[str],
    labels: Sequence[str],
    rules: LeakRules,
) -> str:
    """The code of the first fault of a record; empty where it has none.

    `inputs` are the texts that the model is shown, `labels` the normalized labels of the record.
    """
    if not any(inputs):
        return "empty_input"
    if not labels:
        return "empty_label"
    if any(find_leak(text, labels, rules) for text in inputs):
        return "label_in_input"
    return ""


def name_unlisted(cell: str, listed: Sequence[str], rules: LabelRules) -> str:
    """The code of a record whose label is not listed: its cell may hold several that are.

    A task of several labels tells lists apart by itself.
    """
    if rules.separator is not None:
        return "unknown_label"
    parts = _LIST_PATTERN.split(read_label(cell, rules).strip("_;|,、#"))
    several = len(parts) > 1 and all(find_label(part, listed, rules) for part in parts)
    return "several_labels" if several else "unknown_label"
