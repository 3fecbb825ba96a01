from __future__ import annotations

from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from support.tickets import GOOD, facts, said, table


def test_sheets_that_are_named_after_splits_give_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    mixed = GOOD[::2] + GOOD[1::2]
    parts = {"train": mixed[:20], "dev": mixed[20:25], "test": mixed[25:]}
    for number, (title, rows) in enumerate(parts.items()):
        sheet = book.create_sheet(title)
        for row in [*([("Requests", "")] * number), ("text", "intent"), *rows]:
            sheet.append([cell or None for cell in row])
    book.save(tmp_path / "all.xlsx")
    found = facts(tmp_path / "all.xlsx")
    assert (found.rows, found.mapping["split"]) == (30, ("split",))
    assert (found.split_rows["validation"], found.split_rows["test"]) == (5, 5)


@pytest.mark.parametrize(
    ("train", "test"), [("TR", "TE"), ("training", "holdout"), ("训练", "测试")]
)
def test_short_words_of_a_column_give_splits(tmp_path: Path, train: str, test: str) -> None:
    rows = [(*row, test if number % 4 == 0 else train) for number, row in enumerate(GOOD)]
    found = facts(table(tmp_path, rows, header="text,intent,partition"))
    assert found.mapping["split"] == ("partition",)
    assert found.split_rows["test"] == 8


def test_a_column_that_flags_a_split_is_said_not_to_be_read(tmp_path: Path) -> None:
    rows = [(*row, str(number % 4 == 0)) for number, row in enumerate(GOOD)]
    for name, warned in (("is_test", True), ("is_vip", False)):
        found = facts(table(tmp_path, rows, header=f"text,intent,{name}"))
        assert any(one.startswith(f"`{name}` is not read") for one in said(found)) == warned


def test_folders_named_after_splits_give_them(tmp_path: Path) -> None:
    mixed = GOOD[::2] + GOOD[1::2]
    for split, rows in {
        "train": mixed[:20],
        "validation": mixed[20:25],
        "test": mixed[25:],
    }.items():
        folder = tmp_path / "default" / split
        folder.mkdir(parents=True)
        table(folder, rows)
    found = facts(tmp_path)
    assert [file.project_path for file in found.files] == [
        "data/raw/test-tickets.csv",
        "data/raw/train-tickets.csv",
        "data/raw/validation-tickets.csv",
    ]
    assert (found.split_rows["validation"], found.split_rows["test"]) == (5, 5)
