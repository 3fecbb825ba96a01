"""How one passage of a contract becomes one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the answers are data: they live in config/run.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from .conversation import Conversation, Reject, to_example
from .keys import NO_GROUP, NO_LABEL, is_missing, skeleton
from .label_leaks import stated_label
from .messages import fill
from .task import TaskConfig

FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
NEAR_DUPLICATES = True  # training rows that nearly repeat a held-out text are left out
SEVERAL_LINES = True  # of a question in make chat
HOW = fill(
    "a clause type on the first line, if records name one, and the passage; an empty line ends it"
)
BETWEEN = "\n\n"  # a passage and its question


def more_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ("type",)


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps type and group.
    """
    kind, text = (one_line(record.get(name, "")) for name in ("type", "text"))
    if not text:
        return Reject("empty_input")
    label = task.label_of(record["label"])
    if label is None:
        return Reject("empty_label" if is_missing(record["label"], NO_LABEL) else "unknown_label")
    # such as a reviewer's note that was left in it
    if re.search(task.answer_told, text) or stated_label(text, [label]):
        return Reject("label_in_input")
    return to_example(with_question(text, kind, task), label, task)


def with_question(passage: str, kind: str, task: TaskConfig) -> str:
    """The passage, and what is asked of it where a clause type is named.

    The question stands last, next to its answer: of a passage that is too long, the middle is left
    out. A name such as `governing_law` is asked about in words.
    """
    if is_missing(kind, NO_GROUP):
        return passage
    return f"{passage}{BETWEEN}{task.asks_about.replace('{type}', kind.replace('_', ' '))}"


def asked(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it.

    Where the records name clause types, the first of several lines is one; a passage may also come
    with its question already, as in data/processed.
    """
    before, _, about = task.asks_about.partition("{type}")
    *passage, question = text.strip().splitlines()
    if passage and question.startswith(before) and question.endswith(about):
        return f"{one_line(' '.join(passage))}{BETWEEN}{question}"
    first, _, rest = text.strip().partition("\n")
    kind, passage = (first, rest) if rest and "type" in columns else ("", text)
    return with_question(one_line(passage), one_line(kind), task)


def one_line(text: str) -> str:
    """The text on a line, so that an empty one is only between a passage and its question."""
    return " ".join(text.split())


def identity(question: str) -> str:
    """What two rows share when one repeats the other: case, digits and punctuation do not count."""
    return skeleton(question)


def compared(question: str) -> str:
    """What nearly the same rows are told by: the passage, as many share a question."""
    return question.partition(BETWEEN)[0]


def kept_together(question: str) -> str:
    """What rows without a group share to be in one split: their passage."""
    return skeleton(compared(question))


def labels_in(answer: str) -> list[str]:
    """The labels that an answer names."""
    return [answer]


def candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood."""
    return task.labels


def read_answer(answer: str, task: TaskConfig) -> str | None:
    """The label in an answer, or None when its first line is none of them."""
    return task.label_of(answer.strip().partition("\n")[0])
