from __future__ import annotations

from pathlib import Path

import pytest
from tickets import GOOD, facts, refusal, said, table


@pytest.mark.parametrize(
    "header",
    [
        "utterance,intent",
        "Customer Message,Contact-Reason",
        "客户消息（原文）,意图",
        "msg_text,issue_category",
    ],
)
def test_columns_are_found_by_their_names(tmp_path: Path, header: str) -> None:
    text, label = header.split(",")
    assert facts(table(tmp_path, GOOD, header=header)).mapping == {
        "text": (text,),
        "label": (label,),
    }


def test_columns_are_found_by_their_values_and_that_is_said(tmp_path: Path) -> None:
    rows = [(str(i), text, label) for i, (text, label) in enumerate(GOOD)]
    found = facts(table(tmp_path, rows, header="nr,spalte,art"))
    assert found.mapping == {"text": ("spalte",), "label": ("art",)}
    assert said(found) == [
        "`spalte` was taken for `text` by its values alone: check it",
        "`art` was taken for `label` by its values alone: check it",
    ]


def test_of_two_good_names_the_values_decide_then_the_order_of_synonyms(tmp_path: Path) -> None:
    rows = [("Answer the question", text, label, label) for text, label in GOOD]
    found = facts(table(tmp_path, rows, header="text,question,category,intent"))
    assert found.mapping == {"text": ("question",), "label": ("intent",)}


def test_equally_good_columns_are_named_and_left_to_the_user(tmp_path: Path) -> None:
    rows = [(text, label, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="text,first_intent,second_intent")
    error = refusal(path)
    assert str(error) == (
        f"{path}: several columns could be `label` (Intent): `first_intent`, `second_intent`"
    )
    assert error.hint == "choose one: --set data.columns.label=first_intent"
    assert facts(path, columns={"label": "second_intent"}).mapping["label"] == ("second_intent",)


def test_a_missing_column_lists_those_there_are(tmp_path: Path) -> None:
    path = table(tmp_path, [(text, str(i)) for i, (text, _) in enumerate(GOOD)], header="text,nr")
    error = refusal(path)
    assert str(error) == f"{path}: no column for `label` (Intent); it has: text, nr"
    assert error.hint == "name it: --set data.columns.label=COLUMN"


def test_a_correction_wins_over_every_name(tmp_path: Path) -> None:
    rows = [("nothing to see", text, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="text,freitext,intent")
    assert facts(path, columns={"text": "freitext"}).mapping["text"] == ("freitext",)


@pytest.mark.parametrize(
    ("columns", "message", "hint"),
    [
        (
            {"text": "intend"},
            "no column `intend` for `data.columns.text`; the columns are: text, intent",
            "--set data.columns.text=intent",
        ),
        (
            {"lable": "intent"},
            "`data.columns.lable` is no field of this task",
            "data.columns.label",
        ),
    ],
)
def test_a_correction_that_names_nothing_offers_the_nearest(
    tmp_path: Path, columns: dict[str, str], message: str, hint: str
) -> None:
    error = refusal(table(tmp_path, GOOD), columns=columns)
    assert (error.message, error.hint) == (message, hint)


def test_one_column_cannot_be_given_twice(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, GOOD), columns={"text": "text", "label": "text"})
    assert error.message.startswith("2 faults\n")


def test_a_group_is_found_by_its_name_only(tmp_path: Path) -> None:
    rows = [(text, label, f"s{i // 2}") for i, (text, label) in enumerate(GOOD)]
    named = facts(table(tmp_path, rows, header="text,intent,Session ID"))
    assert named.mapping["group"] == ("Session ID",)
    assert "group" not in facts(table(tmp_path, rows, header="text,intent,nr")).mapping
