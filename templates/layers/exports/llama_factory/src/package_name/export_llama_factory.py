"""Write the formatted rows in the two formats that LLaMA-Factory reads: a part of `make data`.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md describes the formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .config import Config
from .data.jsonl import read_jsonl, to_json_line
from .data.splits import PROCESSED_DIR, SPLITS
from .prompts import Conversation
from .runtime.atomic_files import write_json
from .runtime.atomic_folder import replace_when_complete
from .runtime.lock import exclusive_lock
from .runtime.main import Options, run_command
from .runtime.output import say

EXPORT_DIR = PROCESSED_DIR / "exports"
INFO_FILE = "dataset_info.json"
SHAREGPT_ROLES = {"user": "human", "assistant": "gpt"}
COLUMNS = {
    "alpaca": {
        "prompt": "instruction",
        "query": "input",
        "response": "output",
        "system": "system",
        "history": "history",
    },
    "sharegpt": {"messages": "conversations", "system": "system"},
}
HELP = """\
Write data/processed in the formats of LLaMA-Factory: a part of make data

Writes data/processed/exports: each split as alpaca and as sharegpt, and the
dataset_info.json that registers them."""


def main(config: Config, options: Options) -> None:
    """Write every split in both formats, and register the files."""
    with (
        exclusive_lock(PROCESSED_DIR.parent),
        replace_when_complete(EXPORT_DIR, mark=INFO_FILE) as folder,
    ):
        info: dict[str, object] = {}
        for split in SPLITS:
            rows = [line["messages"] for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")]
            for name, convert in FORMATS.items():
                path = folder / f"{name}_{split}.jsonl"
                path.write_bytes(b"".join(to_json_line(convert(messages)) for messages in rows))
                formatting = {} if name == "alpaca" else {"formatting": name}
                entry = {"file_name": path.name, **formatting, "columns": COLUMNS[name]}
                info[path.stem] = entry
        write_json(folder / INFO_FILE, info)
    say("exports for LLaMA-Factory in {folder}", folder=EXPORT_DIR)


def to_alpaca(messages: Conversation) -> dict[str, object]:
    """One conversation as instruction and output, earlier turns as history."""
    system, turns = _split_system(messages)
    *earlier, question, target = [turn["content"] for turn in turns]
    return {
        "instruction": question,
        "input": "",
        "output": target,
        "system": system,
        "history": [list(pair) for pair in zip(earlier[::2], earlier[1::2], strict=True)],
    }


def to_sharegpt(messages: Conversation) -> dict[str, object]:
    """One conversation as turns."""
    system, turns = _split_system(messages)
    conversation = [
        {"from": SHAREGPT_ROLES[turn["role"]], "value": turn["content"]} for turn in turns
    ]
    return {"conversations": conversation, "system": system}


def _split_system(messages: Conversation) -> tuple[str, Conversation]:
    """The system message, if there is one, and the turns after it."""
    if messages[0]["role"] == "system":
        return messages[0]["content"], messages[1:]
    return "", messages


FORMATS: dict[str, Callable[[Conversation], Mapping[str, object]]] = {
    "alpaca": to_alpaca,
    "sharegpt": to_sharegpt,
}

if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
