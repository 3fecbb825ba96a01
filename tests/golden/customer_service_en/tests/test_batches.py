"""Padded batches: what needs less memory."""

from __future__ import annotations

import pytest

from golden_desk.config import Config
from golden_desk.model.method import CAN_CHECKPOINT
from golden_desk.runtime.messages import fill
from golden_desk.training.batches import suggest_less_memory

HALF = "halve training.batch_size and double training.gradient_accumulation_steps"


@pytest.mark.parametrize(
    ("rows", "checkpointing", "hint"),
    [
        (4, False, "set training.gradient_checkpointing to true" if CAN_CHECKPOINT else HALF),
        (4, True, HALF),
        (1, True, "lower training.max_length"),
    ],
)
def test_what_needs_less_memory_is_told(
    config: Config, rows: int, checkpointing: bool, hint: str
) -> None:
    update = {"batch_size": rows, "gradient_checkpointing": checkpointing}
    assert suggest_less_memory(config.training.model_copy(update=update)) == fill(hint)
