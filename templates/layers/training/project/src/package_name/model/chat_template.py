"""What a project has to answer in chat templates: system turns refused, dates, open thoughts."""

from __future__ import annotations

import re
from datetime import date, datetime

import transformers

from ..prompts import Conversation

THINKING = ("<think>", "</think>")  # what opens and closes a think block
# Any day will do, if it is the same in training and afterwards.
FIXED_DATE = date(2024, 7, 26)
# heads a changed template, which is saved beside the trained weights; it writes nothing itself
FIXED_DATE_MARK = "{" + f"# changed: the date is always {FIXED_DATE}, as in training #" + "}"
DATE_CALL = re.compile(r"strftime_now\((['\"])(.+?)\1\)")


def fold_system_turn(messages: Conversation) -> Conversation:
    """The instruction at the head of the first user message, for templates without system turns."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    instruction, question, *others = messages
    content = f"{instruction['content']}\n\n{question['content']}"
    return [{**question, "content": content}, *others]


def list_dates(tokenizer: transformers.PreTrainedTokenizerBase) -> list[str]:
    """Today's date in every form that the template may insert."""
    return [datetime.now().strftime(form) for _, form in _find_date_calls(tokenizer)]


def fix_date(tokenizer: transformers.PreTrainedTokenizerBase) -> None:
    """Let the template insert a fixed date: with today's, prompts would change every day."""
    if _find_date_calls(tokenizer):
        fixed = DATE_CALL.sub(
            lambda call: repr(FIXED_DATE.strftime(call[2])), str(tokenizer.chat_template)
        )
        tokenizer.chat_template = FIXED_DATE_MARK + fixed


def has_fixed_date(tokenizer: transformers.PreTrainedTokenizerBase) -> bool:
    """Whether the template would insert today's date if `fix_date` had not changed it."""
    return str(tokenizer.chat_template).startswith(FIXED_DATE_MARK)


def _find_date_calls(tokenizer: transformers.PreTrainedTokenizerBase) -> list[tuple[str, str]]:
    return DATE_CALL.findall(str(tokenizer.chat_template))
