"""Splits that data files give: newft and `make data` use them alike."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from support.tickets import WORDS, facts

SPLITS = ("train", "validation", "test")
LABELS = ("parcel", "refund")

Texts = dict[str, list[str]]  # by split


def words(seed: str) -> str:
    """A text that has hardly a trigram in common with others."""
    letters = hashlib.sha256(seed.encode()).hexdigest()
    letters = letters.translate(str.maketrans("0123456789", "ghijklmnop"))
    return " ".join(letters[at : at + 6] for at in range(0, 48, 6))


def make_rows(name: str, count: int) -> list[tuple[str, str]]:
    return [(words(f"{name} {at}"), LABELS[at % 2]) for at in range(count)]


def write(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def check(project: Any, paths: Sequence[Path], folder: Path, **data: Any) -> Texts:
    """The texts of each split after `make data`, which newft has counted alike."""
    prepare, config = project
    found = facts(*paths)
    split_columns = {name: [*among] for name, among in found.mapping.items()}
    changed = config.data.model_copy(
        update={
            "files": [str(path) for path in paths],
            "columns": split_columns,
            "validation_fraction": 0.15,
            "test_fraction": 0.25,
            "given_splits": [*found.given_splits],
            "compare_digits": bool(found.compare_digits),
            **data,
        }
    )
    task = config.task.model_copy(update={"labels": [*LABELS], "out_of_scope": None})
    whole = config.model_copy(update={"data": changed, "task": task})
    summary = prepare.format_all(whole, folder)
    lines = {split: (folder / f"{split}.jsonl").read_bytes().splitlines() for split in SPLITS}
    texts = {
        split: [orjson.loads(line)["messages"][-2]["content"] for line in lines[split]]
        for split in SPLITS
    }
    if not data:
        assert dict(summary.rejects) == dict(found.rejected)
        assert sum(map(len, texts.values())) == found.accepted
        if any("DROP_NEAR" in warning.en for warning in found.warnings):
            assert "DROP_NEAR_DUPLICATES" in summary.report(whole).splitlines()[0]
        assert {name: len(rows) for name, rows in texts.items()} == dict(found.split_rows)
        if found.given_splits:
            assert "data.given_splits: []" in summary.report(whole)
            assert any("data.given_splits: []" in note.en for note in found.notes)
    return texts


def texts_of(rows: Sequence[Sequence[str]]) -> set[str]:
    return {row[0] for row in rows}


@pytest.mark.parametrize(
    "names",
    [
        {"train": "train.csv", "validation": "validation.csv", "test": "test.csv"},
        {"train": "mails_train_v2.csv", "validation": "mails-dev.csv", "test": "mails.test.csv"},
        {"train": "训练集.csv", "validation": "验证集1.csv", "test": "工单测试数据.csv"},
    ],
)
def test_files_named_by_their_split_are_used_as_they_are(
    project: Any, tmp_path: Path, names: Mapping[str, str]
) -> None:
    rows = {"train": make_rows("a", 60), "validation": make_rows("b", 6), "test": make_rows("c", 9)}
    paths = [write(tmp_path / names[one], rows[one], ("text", "intent")) for one in SPLITS]
    texts = check(project, sorted(paths), tmp_path / "processed")
    assert {one: {*texts[one]} for one in SPLITS} == {one: texts_of(rows[one]) for one in SPLITS}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("split", ("train", "validation", "test")),
        ("数据划分", ("训练集", "验证集", "测试集")),
        ("fold", ("TRAIN", "dev", "test set")),
    ],
)
def test_a_column_of_splits_is_told_by_its_values(
    project: Any, tmp_path: Path, column: str, values: Sequence[str]
) -> None:
    rows = make_rows("a", 90)
    placed = [
        (*row, values[2 if at % 9 == 0 else 1 if at % 9 == 1 else 0]) for at, row in enumerate(rows)
    ]
    path = write(tmp_path / "all.csv", placed, ("text", "intent", column))
    texts = check(project, [path], tmp_path / "processed")
    for split, value in zip(SPLITS, values, strict=True):
        assert {*texts[split]} == texts_of([row for row in placed if row[2] == value])


def test_rows_of_an_unknown_split_are_in_none(project: Any, tmp_path: Path) -> None:
    names = ("train", "train", "PublicTest", "extra")
    rows = [(*row, names[at % 4]) for at, row in enumerate(make_rows("a", 120))]
    path = write(tmp_path / "all.csv", rows, ("text", "intent", "usage"))
    texts = check(project, [path], tmp_path / "processed")
    assert {*texts["test"]} == texts_of([row for row in rows if row[2] == "PublicTest"])
    assert facts(path).rejected == {"unknown_split": 30}


def test_a_validation_split_that_is_missing_is_taken_from_training(
    project: Any, tmp_path: Path
) -> None:
    train, test = make_rows("a", 120), make_rows("b", 30)
    paths = [
        write(tmp_path / "test.csv", test, ("text", "intent")),
        write(tmp_path / "train.csv", train, ("text", "intent")),
    ]
    texts = check(project, paths, tmp_path / "processed")
    assert {*texts["test"]} == texts_of(test)
    assert texts["validation"]
    assert {*texts["validation"], *texts["train"]} == texts_of(train)


def test_training_loses_what_repeats_a_test_row_whatever_the_order(
    project: Any, tmp_path: Path
) -> None:
    train, test = make_rows("a", 60), make_rows("b", 10)
    other = LABELS[LABELS.index(test[2][1]) - 1]
    train += [test[0], (test[1][0].upper(), test[1][1]), (test[2][0], other), train[0]]
    placed = [(*row, "train") for row in train] + [(*row, "test") for row in test]
    path = write(tmp_path / "all.csv", placed, ("text", "intent", "split"))
    texts = check(project, [path], tmp_path / "processed")
    assert {*texts["test"]} == texts_of(test)
    learned = {text.lower() for text in (*texts["train"], *texts["validation"])}
    assert not learned & texts_of(test)
    assert facts(path).rejected == {"duplicate": 1, "near_duplicate_across_split": 3}


def test_an_empty_list_pools_the_rows(project: Any, tmp_path: Path) -> None:
    train, test = make_rows("a", 60), make_rows("b", 40)
    paths = [
        write(tmp_path / "test.csv", test, ("text", "intent")),
        write(tmp_path / "train.csv", train, ("text", "intent")),
    ]
    texts = check(project, paths, tmp_path / "processed", given_splits=[])
    assert texts_of(test) & {*texts["train"]}


@pytest.mark.parametrize("name", ["train.csv", "test.csv", "train_or_test.csv"])
def test_one_file_is_no_given_split(project: Any, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, make_rows("a", 60), ("text", "intent"))
    assert facts(path).given_splits == ()
    check(project, [path], tmp_path / "processed")


def test_labels_called_train_and_test_are_labels(tmp_path: Path) -> None:
    rows = [(text, "train" if label == "parcel" else "test") for text, label in make_rows("a", 60)]
    found = facts(write(tmp_path / "all.csv", rows, ("text", "intent")))
    assert (found.given_splits, {*found.labels}) == ((), {"train", "test"})


def make_transfers(label_of: Callable[[int], str]) -> list[tuple[str, str]]:
    said = [f"please check my transfer of {37 * at + 5} euros" for at in range(80)]
    return [(text, label_of(37 * at + 5)) for at, text in enumerate(said)] + make_rows("a", 60)


@pytest.mark.parametrize("limit", [1000, 1500])
def test_amounts_that_labels_depend_on_make_other_texts(
    project: Any, tmp_path: Path, limit: int
) -> None:
    rows = make_transfers(lambda amount: LABELS[amount >= limit])
    path = write(tmp_path / "all.csv", rows, ("text", "intent"))
    texts = check(project, [path], tmp_path / "processed")
    assert {text for among in texts.values() for text in among} == texts_of(rows)
    found = facts(path)
    assert found.compare_digits
    assert any("data.compare_digits: false" in note.en for note in found.notes)


def test_order_numbers_of_one_label_are_the_same_text_and_their_share_is_said(
    project: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "all.csv", make_transfers(lambda _: "refund"), ("text", "intent"))
    check(project, [path], tmp_path / "processed")
    found = facts(path)
    assert found.rejected == {"duplicate": 76}  # of 80 numbers of four lengths
    assert found.compare_digits is False
    assert any("data.compare_digits: true" in warning.en for warning in found.warnings)
    texts = check(project, [path], tmp_path / "processed2", given_splits=[], compare_digits=True)
    assert sum(map(len, texts.values())) == 140


def test_what_makes_much_of_training_fall_is_said_first(project: Any, tmp_path: Path) -> None:
    near = [(f"{text} {more}", label) for text, label in make_rows("a", 30) for more in WORDS[:4]]
    path = write(tmp_path / "all.csv", near, ("text", "intent"))
    assert "DROP_NEAR_DUPLICATES = False" in facts(path).warnings[0].en
    check(project, [path], tmp_path / "processed")


def test_a_test_file_without_labels_is_left_out_by_name(tmp_path: Path) -> None:
    rows = make_rows("a", 60)
    train = write(tmp_path / "train.csv", rows, ("text", "intent"))
    test = write(
        tmp_path / "test.csv",
        [(str(at), text) for at, (text, _) in enumerate(make_rows("b", 30))],
        ("id", "text"),
    )
    found = facts(test, train)
    assert [file.path for file in found.files] == [str(train)]
    assert found.given_splits == ()
    assert "test.csv is left out" in found.warnings[0].en
    assert "`intent`" in found.warnings[0].en
