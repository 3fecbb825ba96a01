"""What is known of the lengths of the rows, without the tokenizer of the model."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..runtime.output import say


def check_row_lengths(folder: Path, config: Config) -> None:
    """Say that no tokens are counted, and what becomes of a row that is too long."""
    say(
        "row lengths are not checked: the tokenizer of the model needs code of its own; "
        "LLaMA-Factory truncates rows of more than cutoff_len tokens"
    )
