"""The formatted data in the two shapes LLaMA-Factory reads: alpaca and sharegpt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from ..prompts import Conversation
from .splits import SPLITS, Split

_SHAREGPT_ROLES = {"user": "human", "assistant": "gpt"}
_ALPACA_COLUMNS = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "system": "system",
    "history": "history",
}
_SHAREGPT_COLUMNS = {"messages": "conversations", "system": "system"}


def to_alpaca(messages: Conversation) -> dict[str, object]:
    """One conversation as instruction and output, earlier turns as history."""
    system, turns = _split_system(messages)
    *earlier, asked, answered = [turn["content"] for turn in turns]
    history = [list(pair) for pair in zip(earlier[::2], earlier[1::2], strict=True)]
    shape = {"instruction": asked, "input": "", "output": answered, "system": system}
    return {**shape, "history": history}


def to_sharegpt(messages: Conversation) -> dict[str, object]:
    """One conversation as turns."""
    system, turns = _split_system(messages)
    return {
        "conversations": [
            {"from": _SHAREGPT_ROLES[turn["role"]], "value": turn["content"]} for turn in turns
        ],
        "system": system,
    }


def _split_system(messages: Conversation) -> tuple[str, Conversation]:
    """What the system message says, if there is one, and the turns after it."""
    if messages[0]["role"] == "system":
        return messages[0]["content"], messages[1:]
    return "", messages


EXPORT_FORMATS: dict[str, Callable[[Conversation], Mapping[str, object]]] = {
    "alpaca": to_alpaca,
    "sharegpt": to_sharegpt,
}


def get_export_path(processed: Path, shape: str, split: Split) -> Path:
    """The file of a split in one of the shapes."""
    return processed / "exports" / f"{shape}_{split}.jsonl"


def write_dataset_info(processed: Path) -> None:
    """Write the dataset_info.json that registers the exported files."""
    info: dict[str, object] = {}
    for split in SPLITS:
        info[f"alpaca_{split}"] = {
            "file_name": get_export_path(processed, "alpaca", split).name,
            "columns": _ALPACA_COLUMNS,
        }
        info[f"sharegpt_{split}"] = {
            "file_name": get_export_path(processed, "sharegpt", split).name,
            "formatting": "sharegpt",
            "columns": _SHAREGPT_COLUMNS,
        }
    text = json.dumps(info, ensure_ascii=False, indent=2) + "\n"
    (processed / "exports" / "dataset_info.json").write_text(text, encoding="utf-8")
