"""How the facts of one case become one training conversation: the file a lawyer edits.

`make data` shows what a change did; data/processed/rejects.jsonl says what was left out, and why.
The words of the prompts and the list of charges are data: they live in config/run.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from .data.label_rules import LabelRules
from .data.multilabel import segment, split_labels_into_parts, split_parts
from .data.normalize import MISSING_LABEL, is_missing, normalize_text
from .prompts import Conversation, Reject, build_conversation
from .runtime.messages import fill
from .task import TaskConfig

REQUIRED_FIELDS = ("text", "label")  # of data.columns in run.yaml: every file has a column for each
DROP_NEAR_DUPLICATES = True  # training rows that nearly repeat a held-out text are left out
MULTILINE_INPUT = True  # of a question in make chat
INPUT_HINT = fill("an empty line ends the facts of a case")

SEPARATOR = ";"  # between the charges of an answer, as the prompts say
SUFFIX = "罪"  # that courts write after a charge: 盗窃罪 is 盗窃

# Told is this case's charge: 以盗窃罪追究, 构成“盗窃罪”, 涉嫌诈骗、盗窃罪, 盗窃罪成立.
# 盗窃 is a verb too, and 贷款诈骗罪 another charge than 诈骗罪.
OPTIONAL_QUOTE = "[“”‘’「」『』\"']?"
STATED_CHARGE_PATTERN = (
    f"(?:以|构成了?|触犯了?|涉嫌|犯有?)(?:.*[、和与及])?{OPTIONAL_QUOTE}{{charge}}{OPTIONAL_QUOTE}(?:[、和与及].*)?"
    "(?<!犯)罪(?!犯)|{charge}罪(?:的?罪名)?成立"
)
# An earlier conviction is a fact: 曾因涉嫌盗窃罪, 因犯盗窃罪被判处, 被法院以盗窃罪判处.
# What was said (曾供述其构成盗窃罪) and where the case went (被移送审判) is no conviction.
PRIOR_CONVICTION_PATTERN = re.compile(
    "曾[^供称述认辩]*?(?:因|犯|被|涉嫌|构成)|因犯|原犯|前科|刑满|被(?!告).*(?<![审批裁谈])判"
)
PHRASE_END_PATTERN = re.compile(r"[，。；,;\n]")  # ends at each


def optional_fields(task: TaskConfig) -> tuple[str, ...]:
    """The fields of data.columns that a file may lack, beside group and slices."""
    return ()


def to_conversation(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """One record as messages, or the reason it cannot be one.

    `record` has the fields of data.columns in run.yaml: text, label and perhaps group.
    """
    text = record["text"].strip()
    if not text:
        return Reject("empty_input")
    charges = parse_charges(record["label"], task)
    if charges == set() or is_missing(record["label"], MISSING_LABEL):
        return Reject("empty_label")
    if charges is None:
        return Reject("unknown_label")
    told = any(states_charge(charge, text, task) for charge in charges)
    if told or task.states_label(text, charges):
        return Reject("label_in_input")
    return build_conversation(text, join_charges(charges, task), task)


def states_charge(charge: str, text: str, task: TaskConfig) -> bool:
    """Whether the text says that this case is about the charge, in full or by one of its parts."""
    told = re.compile(
        STATED_CHARGE_PATTERN.format(
            charge=f"(?:{'|'.join(map(re.escape, list_short_forms(charge, task.rules)))})"
        )
    )
    phrases = (phrase for phrase in PHRASE_END_PATTERN.split(text) if SUFFIX in phrase)
    return any(
        told.search(phrase) and not PRIOR_CONVICTION_PATTERN.search(phrase) for phrase in phrases
    )


def list_short_forms(charge: str, rules: LabelRules) -> list[str]:
    """What courts write for a charge: 贩卖毒品 is short for 走私、贩卖、运输、制造毒品.

    Each part may stand with the end of the last one. Where that end begins is not marked, so all
    ends are there: what is no charge stands in no text.
    """
    *others, last = split_parts(charge, rules)
    ends = [last[at:] for at in range(1, len(last))]
    return [charge.removesuffix(SUFFIX), *others, last, *(o + end for o in others for end in ends)]


def format_question(text: str, task: TaskConfig, columns: Container[str]) -> str:
    """What is typed in make chat, as a training row would ask it: as it is."""
    return text.strip()


def dedup_key(question: str) -> str:
    """What two rows share when one repeats the other: case, digits and punctuation do not count."""
    return normalize_text(question)


def near_dup_text(question: str) -> str:
    """What nearly the same rows are told by: the facts."""
    return question


def split_key(question: str) -> str:
    """What rows without a group share to be in one split: their facts."""
    return normalize_text(question)


def extract_labels(answer: str) -> list[str]:
    """The labels that an answer names."""
    return answer.split(SEPARATOR)


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
        named = segment(parts, listed)
        if named is None:
            return None
        charges |= named
    return charges


@lru_cache(maxsize=1)  # of one run
def index_by_parts(labels: tuple[str, ...], rules: LabelRules) -> dict[Sequence[str], str]:
    """Charges by their parts; the first where 盗窃 and 盗窃罪 are both listed."""
    return {split_parts(label, rules): label for label in reversed(labels)}


def join_charges(charges: set[str], task: TaskConfig) -> str:
    """Charges as one answer: their order in a file carries no meaning, so the list's is taken."""
    return SEPARATOR.join(charge for charge in task.labels if charge in charges)
