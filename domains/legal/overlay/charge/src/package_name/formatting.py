"""How the facts of one case become one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of charges are data: they live in config/run.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .conversation import Conversation, Reject, to_example
from .keys import NO_LABEL, is_missing, normal_label, skeleton
from .task import TaskConfig

FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
NEAR_DUPLICATES = True  # training rows that nearly repeat a held-out text are left out

BETWEEN = re.compile(r"[;；]")  # charges; a comma may be part of a charge's name
PREFIX = "罪名:"  # that some files write before them


def more_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ()


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps group.
    """
    text = record["text"].strip()
    if not text:
        return Reject("empty_input")
    charges = charges_in(record["label"])
    if not charges or is_missing(record["label"], NO_LABEL):
        return Reject("empty_label")
    if not charges <= set(task.labels):
        return Reject("unknown_label")
    # 盗窃 is a verb too, and may stand in the facts; 盗窃罪 is the answer
    if any(f"{charge}罪" in text for charge in charges):
        return Reject("label_in_input")
    return to_example(text, in_order(charges, task), task)


def identity(question: str) -> str:
    """What two rows share when one repeats the other: case, digits and punctuation do not count."""
    return skeleton(question)


def kept_together(record: Mapping[str, str], question: str) -> str:
    """What rows without a group share to be in one split: their facts."""
    return skeleton(record["text"])


def labels_in(answer: str) -> list[str]:
    """The labels that an answer names."""
    return answer.split(";")


def candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every single charge."""
    return task.labels


def read_answer(answer: str, task: TaskConfig) -> str | None:
    """The charges in an answer in the order of the list, or None when one is not of the list."""
    charges = charges_in(answer.strip().partition("\n")[0])
    return in_order(charges, task) if charges and charges <= set(task.labels) else None


def charges_in(text: str) -> set[str]:
    """The charges that a text names."""
    named = (normal_label(part) for part in BETWEEN.split(text))
    return {charge for name in named if (charge := name.removeprefix(PREFIX).strip("_"))}


def in_order(charges: set[str], task: TaskConfig) -> str:
    """Charges as one answer: their order in a file carries no meaning, so the list's is taken."""
    return ";".join(charge for charge in task.labels if charge in charges)
