"""Labels of a cell by the rules of a task."""

from __future__ import annotations

from dataclasses import replace

from newft.dataset.label_parsing import list_normalized_labels, parse_spellings
from newft.emitted.label_rules import LabelRules
from support.decide_examples import TASK

RULES = LabelRules(strip_prefixes=["intent:"], aliases={"Refund": ["money back", "退钱"]})


def test_an_alias_of_a_kit_is_one_label_with_the_spelling_of_the_kit() -> None:
    task = replace(TASK, label_rules=RULES)
    cells = ("refund", "Intent: refund", "MONEY BACK", "intent：退钱")
    assert {list_normalized_labels(cell, task) for cell in cells} == {("refund",)}
    assert [parse_spellings(cell, task)["refund"].strip() for cell in cells] == [
        "refund",
        "refund",
        "Refund",
        "Refund",
    ]


def test_a_cell_with_nothing_but_an_affix_holds_no_label() -> None:
    assert list_normalized_labels("intent:", replace(TASK, label_rules=RULES)) == ()


def test_each_label_of_a_cell_has_its_own_spelling() -> None:
    rules = LabelRules(separator=";", strip_suffixes=["罪"])
    task = replace(TASK, label_rules=rules)
    assert parse_spellings("盗窃罪； ;诈骗", task) == {"盗窃": "盗窃罪", "诈骗": "诈骗"}
    assert parse_spellings("n/a", task) == parse_spellings("n/a", TASK) == {}
