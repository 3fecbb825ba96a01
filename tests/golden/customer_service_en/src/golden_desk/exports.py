"""The formatted data in the two shapes LLaMA-Factory reads: alpaca and sharegpt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from .conversation import Conversation
from .splits import SPLITS, Split

_ROLES = {"user": "human", "assistant": "gpt"}
_ALPACA = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
_SHAREGPT = {"messages": "conversations", "system": "system"}


def alpaca(messages: Conversation) -> dict[str, str]:
    """One conversation as instruction and output."""
    system, user, assistant = (message["content"] for message in messages)
    return {"instruction": user, "input": "", "output": assistant, "system": system}


def sharegpt(messages: Conversation) -> dict[str, object]:
    """One conversation as turns."""
    system, *turns = messages
    return {
        "conversations": [
            {"from": _ROLES[turn["role"]], "value": turn["content"]} for turn in turns
        ],
        "system": system["content"],
    }


SHAPES: dict[str, Callable[[Conversation], Mapping[str, object]]] = {
    "alpaca": alpaca,
    "sharegpt": sharegpt,
}


def export_file(processed: Path, shape: str, split: Split) -> Path:
    """The file of a split in one of the shapes."""
    return processed / "exports" / f"{shape}_{split}.jsonl"


def write_dataset_info(processed: Path) -> None:
    """Write the dataset_info.json that registers the exported files."""
    info: dict[str, object] = {}
    for split in SPLITS:
        info[f"alpaca_{split}"] = {
            "file_name": export_file(processed, "alpaca", split).name,
            "columns": _ALPACA,
        }
        info[f"sharegpt_{split}"] = {
            "file_name": export_file(processed, "sharegpt", split).name,
            "formatting": "sharegpt",
            "columns": _SHAREGPT,
        }
    text = json.dumps(info, ensure_ascii=False, indent=2) + "\n"
    (processed / "exports" / "dataset_info.json").write_text(text, encoding="utf-8")
