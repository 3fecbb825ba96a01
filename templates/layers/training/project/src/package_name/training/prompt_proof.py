"""Proof on the rows themselves that what is masked is what a server sends, and the rest an answer.

The ways differ: training keeps control tokens and the text of messages apart, a server tokenizes
all that its template writes as one text.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..data.splits import PROCESSED_DIR, Split
from ..model.chat_encoder import CHAT_TEMPLATE_HINT, ChatEncoder
from ..prompts import Conversation
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .examples import Example

MAX_PROVED_ROWS = 1_000  # of a split: about a second


def prove_prompts(
    rows: Sequence[Conversation], examples: Sequence[Example], split: Split, encoder: ChatEncoder
) -> int:
    """Compare rows of the whole split with the prompts of a server; return how many there were.

    A row that was truncated, or that spells a control token, differs from a server's for a reason.
    """
    step = -(-len(rows) // MAX_PROVED_ROWS)
    proved = 0
    for place in range(0, len(rows), step):
        messages, example = rows[place], examples[place]
        if example.shortened or encoder.changes_text(messages):
            continue
        fault = find_fault(messages, example, encoder)
        if fault:
            raise ProjectError(
                "{path}:{line}: {fault}",
                CHAT_TEMPLATE_HINT,
                path=PROCESSED_DIR / f"{split}.jsonl",
                line=place + 1,
                fault=fault,
            )
        proved += 1
    return proved


def find_fault(messages: Conversation, example: Example, encoder: ChatEncoder) -> str | None:
    """What is wrong with the mask of an example, or nothing."""
    *prompt, answer = messages
    asked, learned = example.ids[: example.answer_start], example.ids[example.answer_start :]
    if asked != encoder.encode_as_served(prompt):
        return fill("the masked tokens are not the prompt that a server sends")
    learned = learned[encoder.lead_tokens :]
    if learned[-1] != encoder.end_token or learned.count(encoder.end_token) != 1:
        return fill("the answer does not end with model.end_of_turn, once")
    if answer["content"].strip() not in encoder.tokenizer.decode(learned):
        return fill("the tokens to learn are not those of the answer")
    return None
