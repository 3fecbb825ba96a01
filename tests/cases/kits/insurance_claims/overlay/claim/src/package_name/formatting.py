"""How one claim report becomes one training conversation: the file a domain expert edits.

It differs from the one of customer service in `mask_numbers` alone.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of intents are data: they live in config/run.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from .data.record_rules import find_reject_reason, read_single_label
from .prompts import Conversation, Reject, build_conversation
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
# True: a row that differs from an earlier one only in case, digits or punctuation is a duplicate,
# and a row that nearly repeats a held-out one (say, one word changed) is left out too.
DROP_NEAR_DUPLICATES = True
MULTILINE_INPUT = False  # of a question in make chat
INPUT_HINT = fill("each line is one question")

# of a telephone, an identity card, a policy or a bank account: none helps to tell the claim type
_NUMBER_PATTERN = re.compile(r"[A-Za-z]{0,8}\d{11,20}[Xx]?")


def mask_numbers(text: str) -> str:
    """The text without the long numbers that identify a person or a policy."""
    return _NUMBER_PATTERN.sub("[号码]", text)


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ()


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps group.
    """
    text = mask_numbers(record["text"].strip())
    label = read_single_label(record["label"], task.rules, task.labels)
    if fault := find_reject_reason([text], label, task.leak_rules):
        return Reject(fault)
    intent = task.parse_label(record["label"])
    if intent is None:
        return Reject("unknown_label")
    return build_conversation(text, intent, task)


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """Convert the input of make chat into the question of a training row."""
    return mask_numbers(text.strip())


def near_dup_text(question: str) -> str:
    """The part of a question that is compared to find duplicates: the message."""
    return question


def extract_labels(answer: str, task: TaskConfig) -> list[str]:
    """The labels that an answer names."""
    return [answer]


def list_candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every claim type."""
    return task.labels


def parse_prediction(answer: str, task: TaskConfig) -> str | None:
    """The intent in an answer, or None when its first line is none of the list."""
    return task.parse_label(answer.strip().partition("\n")[0])
