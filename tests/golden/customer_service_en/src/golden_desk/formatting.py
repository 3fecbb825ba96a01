"""How one support request becomes one training conversation: the file a domain expert edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of intents are data: they live in config/run.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .config import TaskConfig
from .records import NO_LABEL, is_missing, normal_label

FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each

Message = dict[str, str]
Conversation = list[Message]


class Reject(NamedTuple):
    """Why a record is left out."""

    reason: str


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps group.
    """
    text = record["text"].strip()
    if not text:
        return Reject("empty_input")
    intent = normal_label(record["label"])
    if intent not in task.labels:
        return Reject("empty_label" if is_missing(record["label"], NO_LABEL) else "unknown_label")
    return [*to_prompt(text, task), {"role": "assistant", "content": intent}]


def to_prompt(text: str, task: TaskConfig) -> Conversation:
    """What the tuned model is asked: short, for it has learned the intents."""
    return [{"role": "system", "content": task.system}, {"role": "user", "content": text}]


def to_untuned_prompt(
    text: str, task: TaskConfig, examples: Sequence[Conversation] = ()
) -> Conversation:
    """What the untouched model is asked: intents listed, solved examples before the question."""
    system = task.system_untuned.replace("{labels}", "\n".join(task.labels))
    turns = [message for example in examples for message in example if message["role"] != "system"]
    return [
        {"role": "system", "content": system},
        *turns,
        {"role": "user", "content": text},
    ]


def read_answer(answer: str, task: TaskConfig) -> str | None:
    """The intent in an answer, or None when its first line is not exactly one of the list."""
    first_line = answer.strip().partition("\n")[0]
    intent = normal_label(first_line)
    return intent if intent in task.labels else None
