"""What a conversation needs from outside: prompts, words, lookups, and someone who shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newft.errors import NewftError
from newft.given import Given
from newft.prompts import Prompts
from newft.questions import Lookups
from newft.situation import Situation
from newft.texts import Texts

BACK = "<"


@dataclass(frozen=True)
class Talk:
    """Everything outside of the conversation that it calls."""

    prompts: Prompts
    texts: Texts
    lookups: Lookups
    say: Callable[[str], None]
    error: Callable[[NewftError], None]
    mapping: Callable[[Situation], None]
    review: Callable[[Situation], None]
    plan: Callable[[Situation], None]  # every value with its reason
    broken: Callable[[Given], None]  # what was answered when the conversation broke off
