"""Conversations as tokens: ids and loss mask are built together, and an answer is never cut."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch

from .chat_tokens import ChatEncoder
from .config import Config, TrainingConfig
from .conversation import Conversation
from .errors import ProjectError
from .messages import fill
from .row_files import AGAIN
from .row_lengths import refuse_truncation
from .splits import PROCESSED, Split
from .truncate import leave_out_middle

IGNORED = -100  # torch.nn.CrossEntropyLoss leaves these labels out


class Example(NamedTuple):
    """Token ids of one conversation; only those from `answer_start` on are learned."""

    ids: list[int]
    answer_start: int
    shortened: int = 0  # tokens taken out of the middle of the input


@dataclass(frozen=True)
class Lengths:
    """What the examples are like, in tokens."""

    examples: int
    shortened: int
    median: int
    longest: int

    def __str__(self) -> str:
        return fill(
            "examples: {examples:,}; tokens: median {median:,}, longest {longest:,}; inputs "
            "shortened in the middle: {shortened:,}, answers cut: 0",
            **asdict(self),
        )


def read_split(split: Split) -> list[Conversation]:
    """The conversations of one split of `make data`."""
    path = PROCESSED / f"{split}.jsonl"
    rows: list[Conversation] = []
    try:
        with path.open(encoding="utf-8") as lines:
            rows.extend(json.loads(line)["messages"] for line in lines)
    except (ValueError, KeyError, TypeError):
        raise ProjectError(
            "{path}:{line}: this is not a formatted row", AGAIN, path=path, line=len(rows) + 1
        ) from None
    if not rows:
        raise ProjectError("{path} has no rows", AGAIN, path=path)
    return rows


def shorten(
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
    tokens = encoder.find_tokens(question["content"])
    kept = len(tokens)
    while length > room:
        kept -= length - room  # more than once: the mark takes tokens too
        if kept <= 0:
            raise ProjectError(
                "prompt and answer alone need more than {max_length} tokens",
                "raise training.max_length in config/run.yaml",
                max_length=max_length,
            )
        shorter = leave_out_middle(question["content"], tokens, kept)
        prompt[-1] = {**question, "content": shorter}
        length = len(encoder.encode_prompt(prompt))
    return [*prompt, answer], whole - length


def encode(messages: Conversation, encoder: ChatEncoder, max_length: int) -> Example:
    """One conversation as tokens, shortened where it must be."""
    fitting, lost = shorten(messages, encoder, max_length)
    *prompt, answer = fitting
    asked = encoder.encode_prompt(prompt)
    return Example([*asked, *encoder.encode_answer(answer["content"])], len(asked), lost)


def read_examples(split: Split, encoder: ChatEncoder, config: Config) -> list[Example]:
    """The rows of one split as tokens."""
    return encode_all(read_split(split), split, encoder, config)


def encode_all(
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
                Example([*prompt, *answer], len(prompt))
                if fits
                else encode(messages, encoder, limit)
            )
    except ProjectError as error:
        raise ProjectError(
            "{path}:{line}: {fault}",
            "{advice}",
            path=PROCESSED / f"{split}.jsonl",
            line=len(examples) + 1,
            fault=error.message,
            advice=error.hint,
        ) from None
    return examples


def refuse_truncated(examples: Sequence[Example], training: TrainingConfig) -> None:
    """Refuse examples of which more were cut than run.yaml allows."""
    needed = [len(example.ids) + example.shortened for example in examples]
    refuse_truncation(needed, len(needed), training)


def refuse_control_tokens(labels: Sequence[str], encoder: ChatEncoder) -> None:
    """Refuse labels that spell a control token: servers and other tools would read it as one."""
    for label in labels:
        if spelled := encoder.find_control_tokens(label):
            raise ProjectError(
                "the label {label} in task.labels spells {token}, a control token of the model",
                "give it another name in data/raw and in task.labels",
                label=repr(label),
                token=repr(spelled[0]),
            )


def lengths(examples: Sequence[Example]) -> Lengths:
    """The lengths of the examples, and how many inputs were shortened."""
    sizes = sorted(len(example.ids) for example in examples)
    shortened = sum(example.shortened > 0 for example in examples)
    return Lengths(len(sizes), shortened, sizes[len(sizes) // 2], sizes[-1])


def training_order(sizes: Sequence[int], batch: int, batches: int, seed: int) -> list[int]:
    """The examples of every batch of a run: epochs in random order, batches of like length.

    Like lengths leave little padding. The order depends on the seed alone, so that a resumed run
    goes on with exactly the rows the interrupted one would have seen.
    """
    chance = random.Random(seed)
    stream: list[int] = []
    while len(stream) < batch * batches:
        epoch = list(range(len(sizes)))
        chance.shuffle(epoch)
        stream += epoch
    order: list[int] = []
    pool = batch * 16  # sorted pools, not a sorted epoch: what follows what stays random
    for start in range(0, batch * batches, pool):
        alike = sorted(stream[start : min(start + pool, batch * batches)], key=lambda i: sizes[i])
        groups = [alike[first : first + batch] for first in range(0, len(alike), batch)]
        chance.shuffle(groups)
        order += [index for group in groups for index in group]
    return order


class AnswerCollator:
    """Examples as one batch, with logits at the positions that predict an answer's token only.

    The model then multiplies its vocabulary matrix with one [answer tokens, hidden] matrix: with a
    vocabulary of tens of thousands, logits are among the largest tensors of a step. A slice of each
    row would also do, but it is not contiguous, and PyTorch then copies the vocabulary matrix once
    a row. Rows are padded on the right, where causal attention never looks back from a token: no
    padding mask is needed.
    """

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """The batch as the model's keyword arguments."""
        longest = max(len(example.ids) for example in examples)
        ids = torch.full((len(examples), longest), self.pad_id)
        predicts = torch.zeros_like(ids, dtype=torch.bool)
        for row, example in enumerate(examples):
            ids[row, : len(example.ids)] = torch.tensor(example.ids)
            # each token of the answer is predicted by the token before it
            predicts[row, example.answer_start - 1 : len(example.ids) - 1] = True
        answers = torch.tensor([id for each in examples for id in each.ids[each.answer_start :]])
        # `shift_labels`: transformers must not shift these labels against the logits once more
        return {
            "input_ids": ids,
            "labels": answers,
            "shift_labels": answers,
            "logits_to_keep": predicts,
        }
