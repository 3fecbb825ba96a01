"""Rows that belong together stay together, and a wrong name of a column is not passed over."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from example import record

from golden_desk import prepare
from golden_desk.config import Config
from golden_desk.data import processed_rows
from golden_desk.data.columns import NEAREST_COLUMN_HINT
from golden_desk.data.dedup import hash_text
from golden_desk.data.jsonl import read_jsonl
from golden_desk.data.splits import (
    PROCESSED_DIR,
    SPLITS,
    Split,
    SplitAssigner,
)
from golden_desk.data.summary import Summary
from golden_desk.runtime.errors import ProjectError
from golden_desk.runtime.messages import fill


def test_a_group_stays_in_one_split(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(90)
    prepare.main(write_groups(config, lambda i: f"c{i // 3}"), Namespace())
    splits: dict[int, set[str]] = {}
    for split in SPLITS:
        for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl"):
            splits.setdefault((line["row"] - 2) // 3, set()).add(split)
    assert all(len(each) == 1 for each in splits.values())


def choose_split(group: str, config: Config) -> Split:
    """The split that the hash of a group chooses."""
    return SplitAssigner(config.data).assign(hash_text(group), ())


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
    in_train = [name for name in map(str, range(100)) if choose_split(name, config) == "train"]
    write_rows(60)
    first, second = config.task.labels
    # the rows of the second label are those of three people, whom the hash would all train on
    people = {place: in_train[place // 2 % 3] for place in range(1, 60, 2)}
    prepare.main(write_groups(config, lambda i: people.get(i, "")), Namespace())
    for split in SPLITS:
        answers = [
            row["messages"][-1]["content"] for row in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")
        ]
        assert {first, second} == set(answers)
        assert answers.count(second) == 10
    moved = fill(
        "rows moved to another split, so that each split contains each label: {moved:,}", moved=20
    )
    assert moved in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("mark", ["", "N/A", "null", "-", "None", "unknown"])
def test_rows_whose_group_is_not_known_are_not_kept_together(
    mark: str, config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    prepare.main(config, Namespace())
    before = processed_rows.verify_files_and_hash_rows()
    prepare.main(write_groups(config, lambda _: mark), Namespace())
    assert processed_rows.verify_files_and_hash_rows() == before
    assert "data.columns.group" not in capsys.readouterr().out


def large_group(rows: int) -> str:
    """What is said of a group with so many of 60 rows."""
    return fill(
        "{count:,} of {rows:,} rows belong to group {group} and must be in one split: {question}",
        count=rows,
        rows=60,
        group="shop",
        question=fill("is {column} the column of data.columns.group?", column="person"),
    )


def test_a_group_of_many_rows_is_doubted(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    prepare.main(write_groups(config, lambda i: "shop" if i < 9 else f"c{i}"), Namespace())
    assert capsys.readouterr().out.splitlines()[-1] == fill("warning: {text}", text=large_group(9))


def test_a_split_that_groups_make_too_large_is_told(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    tested = next(name for name in "abcdefghijklmnop" if choose_split(name, config) == "test")
    prepare.main(write_groups(config, lambda i: tested if i < 20 else f"c{i}"), Namespace())
    rows = len(read_jsonl(PROCESSED_DIR / "test.jsonl"))
    share = fill(
        "{share:.0%} of the rows are in {split} instead of {asked:.0%}, as all rows of a group "
        "are in one split",
        share=rows / 60,
        split="test",
        asked=0.2,
    )
    assert fill("warning: {text}", text=share) in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("moved", "named"), [(0, 0), (1, 0), (12, 1)])
def test_a_large_split_is_put_down_to_moved_rows_only_where_they_are_many(
    config: Config, moved: int, named: int
) -> None:
    summary = Summary(rows=100, kept={"train": 40, "validation": 20, "test": 40}, moved=moved)
    share = fill(
        "{share:.0%} of the rows are in {split} instead of {asked:.0%}, as every split has a row "
        "of each label",
        share=0.4,
        split="test",
        asked=0.2,
    )
    assert summary.report(config).splitlines().count(fill("warning: {text}", text=share)) == named


def test_a_group_column_that_no_file_has_is_refused(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    write_groups(config, lambda i: f"c{i}")
    with pytest.raises(ProjectError) as caught:
        prepare.main(with_columns(config, group=["persn"]), Namespace())
    assert caught.value.message == fill(
        "no file has a column {among} for the field {field}; columns in the files: {names}",
        among="persn",
        field="group",
        names=fill(", ").join([*record("", ""), "person"]),
    )
    assert caught.value.hint == fill(NEAREST_COLUMN_HINT, field="group", near="person")


def test_a_field_that_there_is_not_is_refused(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    with pytest.raises(ProjectError) as caught:
        prepare.main(with_columns(config, grup=["label"]), Namespace())
    assert caught.value.message == fill(
        "data.columns.{field} is not a field of this task; the nearest is {near}",
        field="grup",
        near="group",
    )


def test_a_file_without_the_group_column_of_another_is_named(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    grouped = write_groups(config, lambda i: f"c{i}", rows="grouped.csv")
    write_rows(90)
    both = grouped.data.model_copy(update={"files": ["grouped.csv", "rows.csv"]})
    prepare.main(grouped.model_copy(update={"data": both}), Namespace())
    lacking = fill("{path} has no column for {field}", path="rows.csv", field="group")
    assert capsys.readouterr().out.splitlines()[-1] == fill("warning: {text}", text=lacking)


def test_a_split_without_a_row_where_nothing_was_left_out_says_so(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    with pytest.raises(ProjectError) as caught:
        prepare.main(write_groups(config, lambda _: "shop"), Namespace())
    assert caught.value.message in [
        fill("{split} would have no rows", split=split) for split in ("train", "validation")
    ]
    assert caught.value.hint == large_group(60)
