"""How one passage of a contract becomes one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the answers are data: they live in config/run.yaml.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from .data.normalize import MISSING_GROUP_PATTERN, is_missing
from .data.record_rules import find_reject_reason, read_single_label
from .prompts import Conversation, Reject, build_conversation
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
# True: a row that differs from an earlier one only in case, digits or punctuation is a duplicate,
# and a row that nearly repeats a held-out one (say, one word changed) is left out too.
DROP_NEAR_DUPLICATES = True
MULTILINE_INPUT = True  # of a question in make chat
INPUT_HINT = fill(
    "a clause type on the first line, if records name one, and the passage; an empty line ends it"
)
QUESTION_SEPARATOR = "\n\n"  # a passage and its question


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ("type",)


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps type and group.
    """
    kind, text = (collapse_whitespace(record.get(name, "")) for name in ("type", "text"))
    answer = read_single_label(record["label"], task.rules, task.labels)
    if fault := find_reject_reason([text], answer, task.leak_rules):
        return Reject(fault)
    label = task.parse_label(record["label"])
    if label is None:
        return Reject("unknown_label")
    return build_conversation(append_question(text, kind, task), label, task)


def append_question(passage: str, kind: str, task: TaskConfig) -> str:
    """The passage, and what is asked of it where a clause type is named.

    The question stands last, next to its answer: of a passage that is too long, the middle is left
    out. A name such as `governing_law` is asked about in words.
    """
    if is_missing(kind, MISSING_GROUP_PATTERN):
        return passage
    question = task.question_template.replace("{type}", kind.replace("_", " "))
    return f"{passage}{QUESTION_SEPARATOR}{question}"


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it.

    Where the records name clause types, the first of several lines is one; a passage may also come
    with its question already, as in data/processed.
    """
    before, _, about = task.question_template.partition("{type}")
    *passage, question = text.strip().splitlines()
    if passage and question.startswith(before) and question.endswith(about):
        return f"{collapse_whitespace(' '.join(passage))}{QUESTION_SEPARATOR}{question}"
    first, _, rest = text.strip().partition("\n")
    kind, passage = (first, rest) if rest and "type" in columns else ("", text)
    return append_question(collapse_whitespace(passage), collapse_whitespace(kind), task)


def collapse_whitespace(text: str) -> str:
    """The text on a line, so that an empty one is only between a passage and its question."""
    return " ".join(text.split())


def near_dup_text(question: str) -> str:
    """The part of a question that is compared to find duplicates: the passage.

    Many rows share the rest of the question.
    """
    return question.partition(QUESTION_SEPARATOR)[0]


def extract_labels(answer: str, task: TaskConfig) -> list[str]:
    """The labels that an answer names."""
    return [answer]


def list_candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood."""
    return task.labels


def parse_prediction(answer: str, task: TaskConfig) -> str | None:
    """The label in an answer, or None when its first line is none of them."""
    return task.parse_label(answer.strip().partition("\n")[0])
