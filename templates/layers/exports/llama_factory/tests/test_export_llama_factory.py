"""What LLaMA-Factory reads holds the rows of the splits."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable

from package_name import export_llama_factory, prepare
from package_name.config import Config
from package_name.data.jsonl import read_jsonl
from package_name.data.splits import PROCESSED_DIR, SPLITS
from package_name.export_llama_factory import (
    EXPORT_DIR,
    to_alpaca,
    to_sharegpt,
)


def test_formats_take_earlier_turns_and_no_system_message() -> None:
    said = ["hello", "hi", "and then?", "nothing"]
    turns = [
        {"role": role, "content": content}
        for role, content in zip(["user", "assistant"] * 2, said, strict=True)
    ]
    assert to_alpaca(turns) == {
        "instruction": "and then?",
        "input": "",
        "output": "nothing",
        "system": "",
        "history": [["hello", "hi"]],
    }
    assert to_sharegpt(turns) == {
        "conversations": [
            {"from": who, "value": content}
            for who, content in zip(["human", "gpt"] * 2, said, strict=True)
        ],
        "system": "",
    }


def test_exports_hold_the_rows_of_the_splits(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    for _ in range(2):  # a second run replaces the files of the first
        prepare.main(config, Namespace())
        export_llama_factory.main(config, Namespace())
    info = json.loads((EXPORT_DIR / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {f"{form}_{split}" for form in ("alpaca", "sharegpt") for split in SPLITS}
    for split in SPLITS:
        rows = read_jsonl(PROCESSED_DIR / f"{split}.jsonl")
        alpaca = read_jsonl(EXPORT_DIR / info[f"alpaca_{split}"]["file_name"])
        sharegpt = read_jsonl(EXPORT_DIR / info[f"sharegpt_{split}"]["file_name"])
        targets = [row["messages"][-1]["content"] for row in rows]
        assert [row["output"] for row in alpaca] == targets
        assert [row["conversations"][1]["value"] for row in sharegpt] == targets
