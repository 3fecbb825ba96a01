"""Fields that no model sees tell results apart, and stand in no prompt."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from example import COLUMNS

from golden_desk import data
from golden_desk.config import Config
from golden_desk.row_files import read_lines
from golden_desk.slices import in_few, slices_of_test_rows
from golden_desk.splits import PROCESSED, SPLITS


def test_a_slice_is_kept_beside_the_rows_and_in_no_prompt(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    columns = COLUMNS | {"row_label": ["label"]}
    sliced = config.data.model_copy(update={"columns": columns, "slices": ["row_label"]})
    config = config.model_copy(update={"data": sliced})
    data.main(config, Namespace())
    kept = read_lines(PROCESSED / "slices.jsonl")
    rows = {split: read_lines(PROCESSED / f"{split}.jsonl") for split in SPLITS}
    assert len(kept) == sum(map(len, rows.values())) == 60
    assert all(set(line) == {"messages", "file", "row"} for line in rows["train"])
    right = [line["messages"][-1]["content"] for line in rows["test"]]
    assert slices_of_test_rows(config) == {"row_label": right}


def test_many_numbers_are_told_apart_at_their_median() -> None:
    assert in_few(["a", "b", "", "a"]) == ["a", "b", "-", "a"]
    ages = [str(age) for age in range(20, 40)]
    assert in_few([*ages, ""]) == ["<= 29.5"] * 10 + ["> 29.5"] * 10 + ["-"]
    assert in_few([f"{age} years" for age in ages] + ["N/A"]) == in_few([*ages, ""])
    amounts = [f"{age},000" if age % 2 else f"{age / 10}\u4e07" for age in range(20, 40)]
    assert in_few(amounts) == ["<= 29500"] * 10 + ["> 29500"] * 10
    names = [f"{'xyz'[i % 3]}{i}" for i in range(20)]
    assert in_few(names) == names
