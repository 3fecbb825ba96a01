from __future__ import annotations

from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from newft.answers.keys import RowChoices
from newft.errors import UsageError
from support.tickets import GOOD, facts, refusal, said, table

MIXED = GOOD[::2] + GOOD[1::2]


def place(folder: Path, column: str, *values: str) -> Path:
    """A table whose rows have the values of a column in turn, twice as many of the first."""
    turns = (values[0], *values)
    rows = [(*row, turns[number % len(turns)]) for number, row in enumerate(MIXED)]
    return table(folder, rows, header=f"text,intent,{column}")


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
    note = next(note.en for note in found.notes if "give the splits" in note.en)
    assert note.startswith("the names of the folders give the splits")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("usage", ("Training", "PublicTest", "PrivateTest")),
        ("phase", ("TRAIN", "HELDOUT")),
        ("subset", ("train", "test-a", "test-b")),
        ("split", ("train", "test_matched", "unseen")),
        ("dataSplit", ("train", "held out")),
        ("数据划分", ("训练", "保留")),
        ("split", ("trian", "test")),
        ("split", ("Training", "Testing")),
    ],
)
def test_a_value_that_holds_the_word_of_a_split_is_of_it(
    tmp_path: Path, column: str, values: tuple[str, ...]
) -> None:
    found = facts(place(tmp_path, column, *values))
    assert found.mapping["split"] == (column,)
    assert found.given_splits == ("train", "test")
    turns = len(values) + 1
    assert found.split_rows["test"] == sum(at % turns > 1 for at in range(len(MIXED)))


def test_rows_of_an_unknown_split_are_left_out_and_said(tmp_path: Path) -> None:
    found = facts(place(tmp_path, "split", "train", "test", "extra"))
    assert found.rejected["unknown_split"] == len(MIXED) // 4
    warning = next(one for one in said(found) if "a split that is not known" in one)
    assert "`extra`" in warning
    assert "--set data.given_splits=[]" in warning


def test_departments_are_no_splits_unless_the_user_says_so(tmp_path: Path) -> None:
    path = place(tmp_path, "department", "Training", "Testing", "Development")
    assert facts(path).given_splits == ()
    chosen = facts(path, columns={"split": "department"})
    assert chosen.given_splits == ("train", "validation", "test")
    pooled = facts(path, columns={"split": "department"}, rows=RowChoices(given_splits=()))
    assert (pooled.given_splits, pooled.rejected) == ((), {})
    assert any("are not used: all rows are pooled" in note.en for note in pooled.notes)


@pytest.mark.parametrize("column", ["intent", "nothing"])
def test_a_column_that_gives_no_splits_is_refused(tmp_path: Path, column: str) -> None:
    path = place(tmp_path, "department", "north", "south")
    with pytest.raises(UsageError) as caught:
        facts(path, columns={"split": column})
    assert caught.value.where == "data.columns.split"


def test_some_of_the_given_splits_may_be_used(tmp_path: Path) -> None:
    path = place(tmp_path, "split", "train", "dev", "test")
    found = facts(path, rows=RowChoices(given_splits=("train", "test")))
    assert found.given_splits == ("train", "test")


def test_a_given_split_without_rows_names_its_column_and_the_option(tmp_path: Path) -> None:
    rows = [(*row, "train") for row in MIXED]
    rows += [(f"{text}!", "only here", "test") for text, _ in MIXED[:5]]
    error = refusal(table(tmp_path, rows, header="text,intent,split"))
    cause = "test would have no rows: the column `split` gives the splits"
    assert error.message.startswith(cause)
    assert error.hint
    assert "--set data.given_splits=[]" in error.hint
    assert "name other columns" not in error.hint
