"""Files as tools and people write them, through `newft new --data FILE --yes`.

What must be read of each file in `wild/` of the trial data stands in tests/cases/wild.yml.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from newft.emitted.normalize import normalize_label
from support.format_project import format_rows
from support.run_newft import run_newft

TRIAL = os.environ.get("NEWFT_TRIAL_DATA", "")
WILD = Path(TRIAL) / "wild"
CASES = Path(__file__).parents[1] / "cases" / "wild.yml"
# what becomes of rows once they are split is no matter of reading
SPLIT_REJECTS = ("near_duplicate_across_split", "duplicate", "untrained_label")
COLLECTION_PATTERN = re.compile(r"[\[{]\s*['\"\[{]|\[object|None\b")
package_numbers = count()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
    ),
]


@dataclass(frozen=True)
class Made:
    """What `make data` leaves of a file."""

    kept: int  # rows, at least
    train: int = 0  # of them in training, at least
    validation: int | None = None
    test: int | None = None
    labels: Sequence[str] = ()  # all of which are in training
    absent: Sequence[str] = ()  # texts that stand in no record that is trained on


@dataclass(frozen=True)
class WildFile:
    """What must happen with a file, as wild.yml says."""

    file: str
    options: Sequence[str] = ()
    waits: str = ""
    refused: Sequence[int] = ()
    task: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    rejects: Mapping[str, int] = field(default_factory=dict)
    labels: Sequence[str] = ()
    label_count: int = 0
    label_marks: int = 0  # labels of all rows, of which some have several
    positive: Mapping[str, int] = field(default_factory=dict)
    positive_rows: int = 0
    shown: Sequence[str] | None = None
    may_be_shown: Sequence[str] = ()
    hidden: Sequence[str] = ()
    protected: Sequence[str] | None = None
    said: Sequence[str] = ()
    unsaid: Sequence[str] = ()
    made: Made | None = None


def list_files(*, refused: bool) -> list[Any]:
    """The files that are refused, or those that are accepted; who waits for another is marked."""
    found = []
    for entry in yaml.safe_load(CASES.read_text(encoding="utf-8")):
        made = Made(**entry.pop("made")) if "made" in entry else None
        case = WildFile(**entry, made=made)
        if bool(case.refused) == refused:
            marks = [pytest.mark.xfail(reason=case.waits, strict=True)] if case.waits else []
            found.append(pytest.param(case, marks=marks, id=" ".join([case.file, *case.options])))
    return found


@pytest.mark.parametrize("expected", list_files(refused=False))
def test_a_file_is_read_as_it_is_meant(expected: WildFile, tmp_path: Path) -> None:
    """Task, columns, labels and rows are as the author of the file would say."""
    package = f"wild{next(package_numbers)}"
    words = ("--data", str(WILD / expected.file), "--yes", "--json", *expected.options)
    ran = run_newft("new", package, *words, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    said = "\n".join([*found["warnings"], *found["notes"]])
    assert f"{found['domain']}/{found['task']}" == expected.task
    assert_rows(expected, found["data"])
    assert_labels(expected, found["data"])
    assert_columns(expected, found["data"])
    assert [text for text in expected.said if text not in said] == []
    assert [text for text in expected.unsaid if text in said] == []
    if expected.made:
        assert_made(expected.made, tmp_path / package)


@pytest.mark.parametrize("expected", list_files(refused=True))
def test_a_file_that_cannot_be_used_says_why(expected: WildFile, tmp_path: Path) -> None:
    """A refusal names the cause and what helps, and nothing is written."""
    words = ("--data", str(WILD / expected.file), "--yes", *expected.options)
    ran = run_newft("new", "p", *words, cwd=tmp_path)
    said = " ".join(ran.stderr.split())
    assert ran.returncode in expected.refused
    assert not (tmp_path / "p").exists()
    assert [text for text in expected.said if text not in said] == []
    assert [text for text in expected.unsaid if text in said] == []


def assert_rows(expected: WildFile, data: Mapping[str, Any]) -> None:
    """Every row is accepted or counted under a reject code."""
    split = sum(data["rejected"].get(code, 0) for code in SPLIT_REJECTS)
    rejected = {code: n for code, n in data["rejected"].items() if code not in SPLIT_REJECTS}
    assert (data["accepted"] + split, rejected) == (expected.rows, expected.rejects)
    assert data["accepted"] + sum(data["rejected"].values()) == data["rows"]


def assert_labels(expected: WildFile, data: Mapping[str, Any]) -> None:
    """Labels are words of the file, each in one spelling, none of them a list or an object."""
    labels: Mapping[str, int] = {normalize_label(name): n for name, n in data["labels"].items()}
    assert len(labels) == len(data["labels"])
    assert not any(map(COLLECTION_PATTERN.search, labels))
    if expected.labels:
        assert {*labels} == {*map(normalize_label, expected.labels)}
    if expected.label_count:
        assert len(labels) == expected.label_count
    if expected.label_marks:
        assert sum(labels.values()) == expected.label_marks
    if expected.positive:
        positive = [normalize_label(name) for name in data["positive"]]
        assert {name: labels[name] for name in positive} == expected.positive
    if expected.positive_rows:
        bad = sum(data["labels"].get(name, 0) for name in data["positive"])
        assert bad == expected.positive_rows


def assert_columns(expected: WildFile, data: Mapping[str, Any]) -> None:
    """Each field has its column, and the prompt of a table shows what it should."""
    mapping = {name: data["mapping"].get(name) for name in expected.columns}
    assert mapping == expected.columns
    values = data["mapping"].values()
    fields = [one for value in values for one in ([value] if isinstance(value, str) else value)]
    assert {*fields}.isdisjoint(expected.hidden)
    assert {*data["inputs"]}.isdisjoint(expected.hidden)
    if expected.shown is not None:
        assert {*data["inputs"]} - {*expected.may_be_shown} == {*expected.shown}
    if expected.protected is not None:
        assert {*data["protected"]} == {*expected.protected}


def assert_made(made: Made, project: Path) -> None:
    """`make data` keeps the rows, and a model is shown nothing that must be left out."""
    summary = format_rows(project, project.name)
    kept = summary["kept"]
    assert sum(kept.values()) >= made.kept
    assert kept["train"] >= made.train
    for split, rows in (("validation", made.validation), ("test", made.test)):
        assert rows is None or kept[split] == rows
    train = {normalize_label(name) for name in summary["labels"]["train"]}
    assert {*made.labels} <= train
    records = (project / "data/processed/train.jsonl").read_text(encoding="utf-8")
    assert not COLLECTION_PATTERN.search(" ".join(summary["labels"]["train"]))
    messages = [json.loads(line)["messages"] for line in records.splitlines()]
    shown = "\n".join(turn["content"] for turns in messages for turn in turns)
    assert [text for text in made.absent if text in shown] == []
