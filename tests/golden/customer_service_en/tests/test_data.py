"""Formatting: nothing lost unseen, no leak between splits, old rows stay where they are."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from golden_desk import data
from golden_desk.config import Config
from golden_desk.data import read_lines
from golden_desk.errors import ProjectError
from golden_desk.near_duplicates import near_duplicates
from golden_desk.splits import PROCESSED, SPLITS


def places() -> dict[str, str]:
    return {
        line["messages"][-2]["content"]: split
        for split in SPLITS
        for line in read_lines(PROCESSED / f"{split}.jsonl")
    }


def test_every_row_is_kept_or_rejected_with_its_row_and_reason(
    config: Config, write_rows: Callable[..., None]
) -> None:
    label = config.task.labels[0]
    write_rows(
        60, ("", label), ("no label", ""), ("odd", "no_such"), ("Same text", label),
        ("same TEXT!", label),
    )  # fmt: skip
    data.main(config, Namespace())
    rejects = read_lines(PROCESSED / "rejects.jsonl")
    assert [(line["row"], line["reason"]) for line in rejects] == [
        (62, "empty_input"),
        (63, "empty_label"),
        (64, "unknown_label"),
        (66, "duplicate"),
    ]
    assert len(places()) == 61


def test_new_rows_move_no_old_ones(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    data.main(config, Namespace())
    before = places()
    write_rows(90)
    data.main(config, Namespace())
    after = places()
    assert {text: after[text] for text in before} == before
    assert len(after) == 90


def test_a_group_stays_in_one_split(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(90)
    rows = Path("rows.csv").read_text(encoding="utf-8").splitlines()
    grouped = [f"{rows[0]},customer", *(f"{row},c{i // 3}" for i, row in enumerate(rows[1:]))]
    Path("rows.csv").write_text("\n".join(grouped), encoding="utf-8")
    columns = {**config.data.columns, "group": ["customer"]}
    grouped_data = config.data.model_copy(update={"columns": columns})
    data.main(config.model_copy(update={"data": grouped_data}), Namespace())
    splits: dict[int, set[str]] = {}
    for split in SPLITS:
        for line in read_lines(PROCESSED / f"{split}.jsonl"):
            splits.setdefault((line["row"] - 2) // 3, set()).add(split)
    assert all(len(each) == 1 for each in splits.values())


def test_a_near_copy_of_a_held_out_text_is_found() -> None:
    held_out = ["where on earth is my parcel, it was due last Tuesday already"]
    texts = [
        "please cancel the order",
        "where on earth is my parcel, it was due last tuesday already!!",
        "where on earth is my parcel; it was due last Tuesday, already?",
        "where is my refund",
    ]
    assert near_duplicates(texts, held_out) == [1, 2]


def test_exports_hold_the_same_rows(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    data.main(config, Namespace())
    info = json.loads((PROCESSED / "exports" / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {f"{form}_{split}" for form in ("alpaca", "sharegpt") for split in SPLITS}
    rows = read_lines(PROCESSED / "test.jsonl")
    alpaca = read_lines(PROCESSED / "exports" / info["alpaca_test"]["file_name"])
    sharegpt = read_lines(PROCESSED / "exports" / info["sharegpt_test"]["file_name"])
    assert [row["output"] for row in alpaca] == [row["messages"][-1]["content"] for row in rows]
    assert [row["conversations"][1]["value"] for row in sharegpt] == [
        row["output"] for row in alpaca
    ]


def test_a_failed_run_leaves_the_old_rows(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    data.main(config, Namespace())
    before = places()
    Path("rows.csv").write_text("text,label\nonly,one\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="no row is left for train"):
        data.main(config, Namespace())
    assert places() == before
