"""The formatted data in the two shapes LLaMA-Factory reads: alpaca and sharegpt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .formatting import Conversation
from .splits import SPLITS

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


def write_exports(processed: Path) -> None:
    """Write `exports/`, with the dataset_info.json that registers its files."""
    folder = processed / "exports"
    folder.mkdir()
    info: dict[str, object] = {}
    for split in SPLITS:
        with (
            (folder / f"alpaca_{split}.jsonl").open("w", encoding="utf-8") as as_alpaca,
            (folder / f"sharegpt_{split}.jsonl").open("w", encoding="utf-8") as as_sharegpt,
        ):
            for messages in _conversations(processed / f"{split}.jsonl"):
                as_alpaca.write(json.dumps(alpaca(messages), ensure_ascii=False) + "\n")
                as_sharegpt.write(json.dumps(sharegpt(messages), ensure_ascii=False) + "\n")
        info[f"alpaca_{split}"] = {"file_name": f"alpaca_{split}.jsonl", "columns": _ALPACA}
        info[f"sharegpt_{split}"] = {
            "file_name": f"sharegpt_{split}.jsonl",
            "formatting": "sharegpt",
            "columns": _SHAREGPT,
        }
    text = json.dumps(info, ensure_ascii=False, indent=2) + "\n"
    (folder / "dataset_info.json").write_text(text, encoding="utf-8")


def _conversations(path: Path) -> Iterator[Conversation]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["messages"]
