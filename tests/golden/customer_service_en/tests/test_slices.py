"""Fields that no model sees tell results apart, and stand in no prompt."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from example import COLUMNS

from golden_desk import prepare
from golden_desk.config import Config
from golden_desk.data.jsonl import read_jsonl
from golden_desk.data.splits import PROCESSED_DIR, SPLITS
from golden_desk.evaluation.slices import (
    bucket_values,
    read_slice_values,
)


def test_a_slice_is_kept_beside_the_rows_and_in_no_prompt(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    columns = COLUMNS | {"row_label": ["label"]}
    sliced = config.data.model_copy(update={"columns": columns, "slice_fields": ["row_label"]})
    config = config.model_copy(update={"data": sliced})
    prepare.main(config, Namespace())
    kept = read_jsonl(PROCESSED_DIR / "slices.jsonl")
    rows = {split: read_jsonl(PROCESSED_DIR / f"{split}.jsonl") for split in SPLITS}
    assert len(kept) == sum(map(len, rows.values())) == 60
    assert all(set(line) == {"messages", "file", "row"} for line in rows["train"])
    right = [line["messages"][-1]["content"] for line in rows["test"]]
    assert read_slice_values(config) == {"row_label": right}


def test_many_numbers_are_told_apart_at_their_median() -> None:
    assert bucket_values(["a", "b", "", "a"]) == ["a", "b", "-", "a"]
    ages = [str(age) for age in range(20, 40)]
    assert bucket_values([*ages, ""]) == ["<= 29.5"] * 10 + ["> 29.5"] * 10 + ["-"]
    assert bucket_values([f"{age} years" for age in ages] + ["N/A"]) == bucket_values([*ages, ""])
    amounts = [f"{age},000" for age in ages]
    assert bucket_values(amounts) == ["<= 29500"] * 10 + ["> 29500"] * 10
    mixed = [f"{age},000" if int(age) % 2 else f"{age}\u4e07" for age in ages]
    assert bucket_values(mixed) == mixed
    names = [f"{'xyz'[i % 3]}{i}" for i in range(20)]
    assert bucket_values(names) == names
