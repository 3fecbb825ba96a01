"""Several spellings of one label: merged where two labels remain, and never elsewhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.label_spellings import find_spelling_aliases
from newft.emitted.label_rules import LabelRules, read_label
from newft.schema.dataset import DataFacts
from newft.schema.kit import NO_LABELS, YES_LABELS
from support.credit_applications import TASK, applications, facts, with_column, written
from support.tickets import facts as ticket_facts
from support.tickets import requests, table


def flags(folder: Path, labels: list[str], count: int = 60) -> DataFacts:
    """The facts of applications whose `default` is each of the labels in turn."""
    records = [
        {"income": f"{1_000 + at * 37 % 911}", "credit_history": one["credit_history"]}
        for at, one in enumerate(applications(count))
    ]
    every = [labels[at % len(labels)] for at in range(count)]
    return facts(written(folder, with_column(records, "default", every)))


def merge(*cells: str) -> list[set[str]]:
    """The groups of cells that are read as one label."""
    aliases = find_spelling_aliases(Counter(dict.fromkeys(cells, 5)), TASK)
    rules = LabelRules(aliases=aliases)
    labels = {read_label(cell, rules) for cell in cells}
    return [{cell for cell in cells if read_label(cell, rules) == label} for label in labels]


def test_words_of_yes_and_no_are_two_labels(tmp_path: Path) -> None:
    found = flags(tmp_path, ["1", "TRUE", "True", "Yes", "Y", "0", "FALSE", "False", "No", "N"])
    assert {label.lower(): rows for label, rows in found.labels.items()} == {
        "false": 30,
        "true": 30,
    }
    assert [name.lower() for name in found.positive] == ["true"]
    assert found.accepted == 60
    said = next(warning for warning in found.warnings if "are merged" in warning.en)
    for spelled in ("`1`", "`TRUE`", "`Yes`", "`Y`", "`0`", "`FALSE`", "`No`", "`N`"):
        assert spelled in said.en
        assert spelled in said.zh


def test_chinese_and_english_words_are_two_labels(tmp_path: Path) -> None:
    found = flags(tmp_path, ["是", "有", "1", "否", "无", "0.0"])
    assert dict(found.labels) == {"0": 30, "1": 30} or dict(found.labels) == {"否": 30, "是": 30}


@pytest.mark.parametrize(
    "cells",
    [
        ("1", "2", "3", "4", "5"),
        ("yes", "y", "no", "unknown"),
        ("1", "0", "unknown"),
        ("A+", "A-", "A", "B"),
        ("yes", "Y", "maybe"),
        ("30-60", "3060", "60-90"),
        ("a_b", "ab", "c", "d"),
    ],
)
def test_nothing_is_merged_where_more_than_two_sides_are_left(cells: tuple[str, ...]) -> None:
    assert len(merge(*cells)) == len(cells)


def test_a_whole_number_is_one_label_with_and_without_decimals() -> None:
    assert sorted(map(sorted, merge("1", "1.0", "0", "0.0", "unknown"))) == [
        ["0", "0.0"],
        ["1", "1.0"],
        ["unknown"],
    ]
    assert len(merge("1.0", "2.0", "1.1", "1.10")) == 4


def test_a_name_of_two_is_one_label_with_and_without_spaces() -> None:
    assert sorted(map(sorted, merge("fully paid", "FullyPaid", "Charged Off.", "charged_off"))) == [
        ["Charged Off.", "charged_off"],
        ["FullyPaid", "fully paid"],
    ]


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ({"resign": 30, "re-sign": 25, "re sign": 5, "stay": 40}, 3),
        ({"resign": 600, "re-sign": 20, "re sign": 10, "stay": 40}, 2),
        ({"已 还清": 30, "已还清": 30, "违约": 30}, 2),
        ({"good": 30, "good.": 30, "bad": 30}, 2),
    ],
)
def test_joined_words_are_one_label_if_one_spelling_is_rare(
    cells: dict[str, int], count: int
) -> None:
    rules = LabelRules(aliases=find_spelling_aliases(cells, TASK))
    assert len({read_label(cell, rules) for cell in cells}) == count


def test_labels_that_look_alike_and_stay_apart_are_named(tmp_path: Path) -> None:
    answers = {"resign": "resign", "sign": "re-sign", "leave": "stay"}
    rows = [(text, answers[word]) for word in answers for text, _ in requests(word, 20)]
    found = ticket_facts(table(tmp_path, rows))
    assert len(found.labels) == 3
    (warning,) = [said for said in found.warnings if "stay apart" in said.en]
    assert "`resign` (20), `re-sign` (20)" in warning.en
    assert "未合并" in warning.zh


@given(st.lists(st.sampled_from(YES_LABELS + NO_LABELS), min_size=2, unique=True))
def test_each_word_stays_on_its_side(words: list[str]) -> None:
    sides = merge(*words)
    if {*words} & {*YES_LABELS} and {*words} & {*NO_LABELS}:
        assert sorted(map(sorted, sides)) == sorted(
            [sorted({*words} & {*YES_LABELS}), sorted({*words} & {*NO_LABELS})]
        )
    else:
        assert len(sides) == len(words)


def test_a_label_that_the_sample_misses_is_not_merged_away(tmp_path: Path) -> None:
    """Files are sampled before they are read as a whole: the whole decides."""
    rows = [
        (f"{text} {number}", answer)
        for number in range(40)
        for answer in ("yes", "no")
        for text, _ in requests(answer, 30)
    ]
    rows[1_200:1_200] = [(text, "y") for text, _ in requests("rare", 3)]
    found = ticket_facts(table(tmp_path, rows))
    assert "y" not in found.labels
    assert {*found.label_aliases["yes"]} == {"y"}
