"""Why rows are left out: the codes of rejects.jsonl, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RejectReason(NamedTuple):
    """The meaning of a code, and the field of data.columns that is at fault."""

    words: str
    field: str = ""


# of a duplicate, where texts are compared without their digits
DUPLICATE_WITHOUT_DIGITS = (
    "duplicate of an earlier row; case, punctuation and digits are not compared"
)
# a task may have more in its `reject_reasons`; others that formatting.py gives are counted under
# their own name
REJECT_REASONS: Mapping[str, RejectReason] = {
    "broken_row": RejectReason("cells that do not fit the columns of the file"),
    "bad_encoding": RejectReason("damaged characters"),
    "too_long": RejectReason("a cell of over {limit:,} characters"),
    "nested_value": RejectReason("an object or a list of objects where a text or a label belongs"),
    "several_labels": RejectReason("several labels where the task allows one", "label"),
    "unknown_split": RejectReason("a split that is not known", "split"),
    "empty_input": RejectReason("no text", "text"),
    "empty_label": RejectReason("no label", "label"),
    "label_in_input": RejectReason("the text states its label"),
    "unknown_label": RejectReason("label not on the list of labels", "label"),
    "duplicate": RejectReason("duplicate of an earlier row", "text"),
    "near_duplicate_across_split": RejectReason("near-duplicate of a validation or test row"),
    "untrained_label": RejectReason("no training row has this label"),
}
