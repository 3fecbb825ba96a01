"""How the facts of one case become one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of charges are data: they live in config/run.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from .conversation import Conversation, Reject, to_example
from .keys import NO_LABEL, is_missing, skeleton
from .label_leaks import stated_label
from .messages import fill
from .several import named_by, parts_of, several_labels
from .task import TaskConfig

FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
NEAR_DUPLICATES = True  # training rows that nearly repeat a held-out text are left out
SEVERAL_LINES = True  # of a question in make chat
HOW = fill("an empty line ends the facts of a case")

SEPARATOR = ";"  # between charges, as a line end
PREFIX = "罪名:"  # that some files write before the charges
SUFFIX = "罪"  # that some files write after each: 盗窃罪 is 盗窃

# Told is this case's charge: 以盗窃罪追究, 构成“盗窃罪”, 涉嫌诈骗、盗窃罪, 盗窃罪成立.
# 盗窃 is a verb too, and 贷款诈骗罪 another charge than 诈骗罪.
QUOTE = "[“”‘’「」『』\"']?"
TOLD = (
    f"(?:以|构成了?|触犯了?|涉嫌|犯有?)(?:.*[、和与及])?{QUOTE}{{charge}}{QUOTE}(?:[、和与及].*)?"
    "(?<!犯)罪(?!犯)|{charge}罪(?:的?罪名)?成立"
)
# An earlier conviction is a fact: 曾因涉嫌盗窃罪, 因犯盗窃罪被判处, 被法院以盗窃罪判处.
# What was said (曾供述其构成盗窃罪) and where the case went (被移送审判) is no conviction.
EARLIER = re.compile(
    "曾[^供称述认辩]*?(?:因|犯|被|涉嫌|构成)|因犯|原犯|前科|刑满|被(?!告).*(?<![审批裁谈])判"
)
PHRASE = re.compile(r"[，。；,;\n]")  # ends at each


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
    charges = charges_in(record["label"], task)
    if charges == set() or is_missing(record["label"], NO_LABEL):
        return Reject("empty_label")
    if charges is None:
        return Reject("unknown_label")
    names = [name for charge in charges for name in (charge, charge + SUFFIX)]
    if stated_label(text, names) or any(is_told(charge, text) for charge in charges):
        return Reject("label_in_input")
    return to_example(text, in_order(charges, task), task)


def is_told(charge: str, text: str) -> bool:
    """Whether the text says that this case is about the charge, in full or by one of its parts."""
    told = re.compile(TOLD.format(charge=f"(?:{'|'.join(map(re.escape, short_forms(charge)))})"))
    phrases = (phrase for phrase in PHRASE.split(text) if SUFFIX in phrase)
    return any(told.search(phrase) and not EARLIER.search(phrase) for phrase in phrases)


def short_forms(charge: str) -> list[str]:
    """What courts write for a charge: 贩卖毒品 is short for 走私、贩卖、运输、制造毒品.

    Each part may stand with the end of the last one. Where that end begins is not marked, so all
    ends are there: what is no charge stands in no text.
    """
    *others, last = parts_of(charge, PREFIX, SUFFIX)
    ends = [last[at:] for at in range(1, len(last))]
    return [charge.removesuffix(SUFFIX), *others, last, *(o + end for o in others for end in ends)]


def asked(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it: as it is."""
    return text.strip()


def identity(question: str) -> str:
    """What two rows share when one repeats the other: case, digits and punctuation do not count."""
    return skeleton(question)


def compared(question: str) -> str:
    """What nearly the same rows are told by: the facts."""
    return question


def kept_together(question: str) -> str:
    """What rows without a group share to be in one split: their facts."""
    return skeleton(question)


def labels_in(answer: str) -> list[str]:
    """The labels that an answer names."""
    return answer.split(SEPARATOR)


def candidates(task: TaskConfig) -> list[str]:
    """The answers that are ranked by their likelihood: every single charge."""
    return task.labels


def read_answer(answer: str, task: TaskConfig) -> str | None:
    """The charges in an answer in the order of the list, or None when it begins with others.

    Each further line counts as long as it names charges: what follows is a remark.
    """
    charges: set[str] = set()
    for line in answer.strip().splitlines():
        named = charges_in(line, task)
        if named is None:
            break
        charges |= named
    return in_order(charges, task) or None


def charges_in(text: str, task: TaskConfig) -> set[str] | None:
    """The charges that a text names, as the list writes them; None where one is not of the list."""
    listed = by_parts(tuple(task.labels))
    charges: set[str] = set()
    for parts in several_labels(text, SEPARATOR, PREFIX, SUFFIX):
        named = named_by(parts, listed)
        if named is None:
            return None
        charges |= named
    return charges


@lru_cache(maxsize=1)  # of one run
def by_parts(labels: tuple[str, ...]) -> dict[Sequence[str], str]:
    """Charges by their parts; the first where 盗窃 and 盗窃罪 are both listed."""
    return {parts_of(label, PREFIX, SUFFIX): label for label in reversed(labels)}


def in_order(charges: set[str], task: TaskConfig) -> str:
    """Charges as one answer: their order in a file carries no meaning, so the list's is taken."""
    return SEPARATOR.join(charge for charge in task.labels if charge in charges)
