"""Labels that records write with affixes or by other names are one label, in any task."""

from __future__ import annotations

import pytest

from newft.emitted.label_rules import LabelRules, find_label, list_spellings, read_label
from newft.emitted.multilabel import split_labels_into_parts

RULES = LabelRules(
    strip_prefixes=["intent:"],
    strip_suffixes=["_request"],
    aliases={"refund": ["money back", "退钱"], "card arrival": ["card delivery"]},
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Intent: refund", "refund"),
        ("REFUND-REQUEST", "refund"),
        ("Money Back", "refund"),
        ("intent：退钱", "refund"),
        ("card_delivery", "card arrival"),
        ("refunds", None),
    ],
)
def test_affixes_and_aliases_name_a_label(text: str, label: str | None) -> None:
    assert find_label(text, ["refund", "card arrival"], RULES) == label


def test_without_rules_only_spelling_is_levelled() -> None:
    assert find_label("_x", ["x"]) is None
    assert read_label("Money Back", LabelRules()) == "money_back"


def test_a_text_may_state_a_label_by_any_of_its_spellings() -> None:
    assert list(list_spellings("refund", RULES)) == [
        "refund",
        "refund_request",
        "money back",
        "退钱",
    ]


def test_an_alias_with_commas_is_one_of_several_labels() -> None:
    rules = LabelRules(separator=";", strip_suffixes=["罪"], aliases={"走私、贩卖毒品": ["贩毒"]})
    assert split_labels_into_parts("贩毒罪；盗窃罪", rules) == [("走私", "贩卖毒品"), ("盗窃",)]


def test_rules_of_equal_content_are_equal() -> None:
    assert LabelRules(RULES.separator, ["intent:"], ["_request"], dict(RULES.aliases)) == RULES
    assert hash(RULES) == hash(
        LabelRules(RULES.separator, ["intent:"], ["_request"], dict(RULES.aliases))
    )
