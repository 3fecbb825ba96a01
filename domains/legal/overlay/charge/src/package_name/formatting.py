"""How the facts of one case become one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of charges are data: they live in config/run.yaml.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from .data.label_rules import LabelRules
from .data.multilabel import (
    combine_parts,
    join_labels,
    read_labels,
    split_labels,
    split_labels_into_parts,
    split_parts,
)
from .data.record_rules import find_reject_reason
from .prompts import Conversation, Reject, build_conversation
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
# True: a row that differs from an earlier one only in case, digits or punctuation is a duplicate,
# and a row that nearly repeats a held-out one (say, one word changed) is left out too.
DROP_NEAR_DUPLICATES = True
MULTILINE_INPUT = True  # of a question in make chat
INPUT_HINT = fill("an empty line ends the facts of a case")


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ()


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps group.
    """
    text = record["text"].strip()
    if fault := find_reject_reason(
        [text], read_labels(record["label"], task.rules), task.leak_rules
    ):
        return Reject(fault)
    charges = parse_charges(record["label"], task)
    if charges is None:
        return Reject("unknown_label")
    return build_conversation(text, join_charges(charges, task), task)


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """Convert the input of make chat into the question of a training row: no change."""
    return text.strip()


def near_dup_text(question: str) -> str:
    """The part of a question that is compared to find duplicates: the facts."""
    return question


def extract_labels(answer: str, task: TaskConfig) -> list[str]:
    """The labels that an answer names."""
    return split_labels(answer, task.rules)


def list_candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every single charge."""
    return task.labels


def parse_prediction(answer: str, task: TaskConfig) -> str | None:
    """The charges in an answer in the order of the list, or None when it begins with others.

    Each further line counts as long as it names charges: what follows is a remark.
    """
    charges: set[str] = set()
    for line in answer.strip().splitlines():
        named = parse_charges(line, task)
        if named is None:
            break
        charges |= named
    return join_charges(charges, task) or None


def parse_charges(text: str, task: TaskConfig) -> set[str] | None:
    """The charges that a text names, as the list writes them; None where one is not of the list."""
    listed = index_by_parts(tuple(task.labels), task.rules)
    charges: set[str] = set()
    for parts in split_labels_into_parts(text, task.rules):
        named = combine_parts(parts, listed)
        if named is None:
            return None
        charges |= named
    return charges


@lru_cache(maxsize=1)  # of one run
def index_by_parts(labels: tuple[str, ...], rules: LabelRules) -> dict[Sequence[str], str]:
    """Charges by their parts, in which no two of the list are equal."""
    return {split_parts(label, rules): label for label in labels}


def join_charges(charges: set[str], task: TaskConfig) -> str:
    """Charges as one answer: their order in a file carries no meaning, so the list's is taken."""
    return join_labels((charge for charge in task.labels if charge in charges), task.rules)
