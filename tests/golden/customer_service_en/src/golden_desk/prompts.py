"""What a record becomes: a conversation to learn from, or the reason there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .task_base import LabelTask

Message = dict[str, str]
Conversation = list[Message]


class Reject(NamedTuple):
    """Why a record is left out."""

    reason: str


def build_conversation(question: str, answer: str, task: LabelTask) -> Conversation:
    """A question with its right answer: what is trained on."""
    return [*build_prompt(question, task), {"role": "assistant", "content": answer}]


def build_prompt(question: str, task: LabelTask) -> Conversation:
    """What the tuned model is asked: short, for it has learned the labels."""
    return [{"role": "system", "content": task.system}, {"role": "user", "content": question}]


def build_base_prompt(
    question: str, task: LabelTask, examples: Sequence[Conversation] = ()
) -> Conversation:
    """Build the prompt of the base model: with the lists of the task and few-shot examples."""
    system = task.base_system_prompt
    for name, listed in task:
        if isinstance(listed, list):
            system = system.replace("{" + name + "}", "\n".join(listed))
    turns = [message for example in examples for message in example if message["role"] != "system"]
    return [
        {"role": "system", "content": system},
        *turns,
        {"role": "user", "content": question},
    ]


def get_question(messages: Conversation) -> str:
    """The input of a conversation."""
    return messages[-2]["content"]


def get_target(messages: Conversation) -> str:
    """The right answer of a conversation."""
    return messages[-1]["content"]
