"""Conversations as token ids with their loss mask.

A conversation that is too long loses the middle of its last input, never a part of the target.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from ..config import Config, TrainingConfig
from ..data.jsonl import RUN_AGAIN
from ..data.row_lengths import refuse_excess_truncation
from ..data.splits import PROCESSED_DIR, Split
from ..model.chat_encoder import ChatEncoder
from ..prompts import Conversation
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .truncation import truncate_middle


class Example(NamedTuple):
    """Token ids of one conversation; only those from `answer_start` on are learned."""

    ids: list[int]
    answer_start: int
    shortened: int = 0  # tokens taken out of the middle of the input


@dataclass(frozen=True)
class LengthStats:
    """What the examples are like, in tokens."""

    examples: int
    shortened: int
    median: int
    longest: int

    def __str__(self) -> str:
        return fill(
            "examples: {examples:,}; tokens: median {median:,}, longest {longest:,}; inputs "
            "truncated in the middle: {shortened:,}, targets truncated: 0",
            **asdict(self),
        )


def read_split(split: Split) -> list[Conversation]:
    """The conversations of one split of `make data`."""
    path = PROCESSED_DIR / f"{split}.jsonl"
    rows: list[Conversation] = []
    try:
        with path.open(encoding="utf-8") as lines:
            rows.extend(json.loads(line)["messages"] for line in lines)
    except (ValueError, KeyError, TypeError):
        raise ProjectError(
            "{path}:{line}: this is not a formatted row", RUN_AGAIN, path=path, line=len(rows) + 1
        ) from None
    if not rows:
        raise ProjectError("{path} has no rows", RUN_AGAIN, path=path)
    return rows


def truncate_conversation(
    messages: Conversation, encoder: ChatEncoder, max_length: int
) -> tuple[Conversation, int]:
    """The conversation in at most `max_length` tokens, and how many it lost.

    What is too long loses the middle of its last input; instructions and answer stay whole.
    """
    *prompt, answer = messages
    room = max_length - len(encoder.encode_answer(answer["content"]))
    length = whole = len(encoder.encode_prompt(prompt))
    if length <= room:
        return messages, 0
    question = prompt[-1]
    tokens = encoder.get_token_offsets(question["content"])
    kept = len(tokens)
    while length > room:
        kept -= length - room  # more than once: the mark takes tokens too
        if kept <= 0:
            raise ProjectError(
                "prompt and target need more than {max_length} tokens even without the input",
                "raise training.max_length in config/run.yaml",
                max_length=max_length,
            )
        shorter = truncate_middle(question["content"], tokens, kept)
        prompt[-1] = {**question, "content": shorter}
        length = len(encoder.encode_prompt(prompt))
    return [*prompt, answer], whole - length


def encode_example(messages: Conversation, encoder: ChatEncoder, max_length: int) -> Example:
    """One conversation as tokens, shortened where it must be."""
    fitting, lost = truncate_conversation(messages, encoder, max_length)
    *prompt, answer = fitting
    asked = encoder.encode_prompt(prompt)
    learned = encoder.encode_answer(answer["content"])
    return Example([*asked, *learned], len(asked) - encoder.lead_tokens, lost)


def read_examples(split: Split, encoder: ChatEncoder, config: Config) -> list[Example]:
    """The rows of one split as tokens."""
    return encode_examples(read_split(split), split, encoder, config)


def encode_examples(
    rows: Sequence[Conversation], split: Split, encoder: ChatEncoder, config: Config
) -> list[Example]:
    """Rows of a split as tokens; one that cannot be is named."""
    refuse_control_tokens(config.task.labels, encoder)
    limit = config.training.max_length
    prompts = encoder.encode_prompts([messages[:-1] for messages in rows])
    examples: list[Example] = []
    try:
        for messages, prompt in zip(rows, prompts, strict=True):
            answer = encoder.encode_answer(messages[-1]["content"])
            fits = len(prompt) + len(answer) <= limit
            examples.append(
                Example([*prompt, *answer], len(prompt) - encoder.lead_tokens)
                if fits
                else encode_example(messages, encoder, limit)
            )
    except ProjectError as error:
        raise ProjectError(
            "{path}:{line}: {fault}",
            "{advice}",
            path=PROCESSED_DIR / f"{split}.jsonl",
            line=len(examples) + 1,
            fault=error.message,
            advice=error.hint,
        ) from None
    return examples


def refuse_truncated_examples(examples: Sequence[Example], training: TrainingConfig) -> None:
    """Refuse examples of which more were cut than run.yaml allows."""
    needed = [len(example.ids) + example.shortened for example in examples]
    refuse_excess_truncation(needed, len(needed), training)


def refuse_control_tokens(labels: Sequence[str], encoder: ChatEncoder) -> None:
    """Refuse labels that spell a control token: servers and other tools would read it as one."""
    for label in labels:
        if spelled := encoder.find_control_tokens(label):
            raise ProjectError(
                "the label {label} in task.labels contains {token}, a control token of the model",
                "rename it in data/raw and in task.labels",
                label=repr(label),
                token=repr(spelled[0]),
            )


def measure_lengths(examples: Sequence[Example]) -> LengthStats:
    """The lengths of the examples, and how many inputs were shortened."""
    sizes = sorted(len(example.ids) for example in examples)
    shortened = sum(example.shortened > 0 for example in examples)
    return LengthStats(len(sizes), shortened, sizes[len(sizes) // 2], sizes[-1])
