"""The rules of records whose label is an outcome: one not known yet, one without its advice.

They are asked after those of record_rules.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .label_rules import LabelRules, find_label
from .normalize import MISSING_MARK_PATTERN, is_missing
from .reject_reasons import RejectReason

OUTCOME_REJECT_REASONS: Mapping[str, RejectReason] = {
    "indeterminate_label": RejectReason("label whose outcome is not known yet", "label"),
    "empty_recommendation": RejectReason("no recommendation", "recommendation"),
    "unknown_recommendation": RejectReason(
        "recommendation not on the list of recommendations", "recommendation"
    ),
}


def find_outcome_fault(
    labels: Sequence[str],
    rules: LabelRules,
    *,
    recommendation: str | None,
    indeterminate: Sequence[str],
) -> str:
    """The code of the first fault of a record; empty where it has none.

    `labels` are the normalized labels of the record, `recommendation` is None where the records
    have none, and rows with `indeterminate` labels are not used.
    """
    if indeterminate and any(find_label(one, indeterminate, rules) for one in labels):
        return "indeterminate_label"
    if recommendation is not None and is_missing(recommendation, MISSING_MARK_PATTERN):
        return "empty_recommendation"
    return ""
