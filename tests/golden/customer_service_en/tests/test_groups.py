"""Rows that belong together stay together, and a wrong name of a column is not passed over."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from example import record

from golden_desk import data
from golden_desk.config import Config
from golden_desk.errors import ProjectError
from golden_desk.row_files import read_lines
from golden_desk.splits import PROCESSED, SPLITS, split_of


def test_a_group_stays_in_one_split(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(90)
    data.main(write_groups(config, lambda i: f"c{i // 3}"), Namespace())
    splits: dict[int, set[str]] = {}
    for split in SPLITS:
        for line in read_lines(PROCESSED / f"{split}.jsonl"):
            splits.setdefault((line["row"] - 2) // 3, set()).add(split)
    assert all(len(each) == 1 for each in splits.values())


def write_groups(config: Config, groups: Callable[[int], str], *, rows: str = "rows.csv") -> Config:
    """Give each row of rows.csv a person; the run that keeps the rows of one together."""
    header, *lines = Path("rows.csv").read_text(encoding="utf-8").splitlines()
    grouped = [f"{header},person", *(f"{line},{groups(i)}" for i, line in enumerate(lines))]
    Path(rows).write_text("\n".join(grouped), encoding="utf-8")
    return with_columns(config, group=["person"])


def with_columns(config: Config, **columns: list[str]) -> Config:
    changed = config.data.model_copy(update={"columns": {**config.data.columns, **columns}})
    return config.model_copy(update={"data": changed})


def test_a_label_of_three_groups_is_in_every_split(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    in_train = [name for name in map(str, range(100)) if split_of(name, config.data) == "train"]
    write_rows(60)
    first, second = config.task.labels
    lines = Path("rows.csv").read_text(encoding="utf-8").splitlines()[1:]
    # the rows of the second label are those of three people, whom the hash would all train on
    rare = [place for place, line in enumerate(lines) if f",{second}" in line]
    people = {place: in_train[at % 3] for at, place in enumerate(rare)}
    data.main(write_groups(config, lambda i: people.get(i, "")), Namespace())
    for split in SPLITS:
        answers = [
            row["messages"][-1]["content"] for row in read_lines(PROCESSED / f"{split}.jsonl")
        ]
        assert {first, second} == set(answers)
        assert answers.count(second) == 10
    assert (
        "20 rows moved to another split, so that every label is in each" in capsys.readouterr().out
    )


@pytest.mark.parametrize("mark", ["", "N/A", "null", "-", "None", "unknown"])
def test_rows_whose_group_is_not_known_are_not_kept_together(
    mark: str, config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    data.main(config, Namespace())
    before = data.rows_hash()
    data.main(write_groups(config, lambda _: mark), Namespace())
    assert data.rows_hash() == before
    assert "of group" not in capsys.readouterr().out


def test_a_group_of_many_rows_is_doubted(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    data.main(write_groups(config, lambda i: "shop" if i < 9 else f"c{i}"), Namespace())
    assert capsys.readouterr().out.splitlines()[-1] == (
        "warning: 9 of 60 rows are of group shop, and all in one split:"
        " is person the column of data.columns.group?"
    )


def test_a_split_that_groups_make_too_large_is_told(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    tested = next(name for name in "abcdefghijklmnop" if split_of(name, config.data) == "test")
    data.main(write_groups(config, lambda i: tested if i < 20 else f"c{i}"), Namespace())
    rows = len(read_lines(PROCESSED / "test.jsonl"))
    assert (
        f"warning: {rows / 60:.0%} of the rows are for test, where 20% was asked for: "
        "a group is in one split as a whole"
    ) in capsys.readouterr().out.splitlines()


def test_a_group_column_that_no_file_has_is_refused(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    write_groups(config, lambda i: f"c{i}")
    with pytest.raises(ProjectError) as caught:
        data.main(with_columns(config, group=["persn"]), Namespace())
    columns = ", ".join([*record("", ""), "person"])
    assert caught.value.message == f"no file has the column of group, persn; they have: {columns}"
    assert caught.value.hint == (
        "name its column in config/run.yaml: data.columns.group; the nearest is person"
    )


def test_a_field_that_there_is_not_is_refused(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    with pytest.raises(ProjectError) as caught:
        data.main(with_columns(config, grup=["label"]), Namespace())
    assert caught.value.message == "data.columns.grup is no field; the nearest is group"


def test_a_file_without_the_group_column_of_another_is_named(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    grouped = write_groups(config, lambda i: f"c{i}", rows="grouped.csv")
    write_rows(90)
    both = grouped.data.model_copy(update={"files": ["grouped.csv", "rows.csv"]})
    data.main(grouped.model_copy(update={"data": both}), Namespace())
    assert capsys.readouterr().out.splitlines()[-1] == ("warning: rows.csv has no column for group")


def test_a_split_without_a_row_where_nothing_was_left_out_says_so(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    with pytest.raises(ProjectError) as caught:
        data.main(write_groups(config, lambda _: "shop"), Namespace())
    assert re.fullmatch(r"no row is left for (train|validation)", caught.value.message)
    assert caught.value.hint == (
        "60 of 60 rows are of group shop, and all in one split:"
        " is person the column of data.columns.group?"
    )
