"""What a cell holds, however it is spelled: nothing, texts, or objects."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.emitted.cells import MAX_SPELLED_CHARS, Cell, find_cell_fault, read_cell, read_text

NAMES = st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), unique=True)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, ()),
        (float("nan"), ()),
        ("", ()),
        ("refund", ("refund",)),
        (3.0, ("3",)),
        (True, ("true",)),
        ([], ()),
        ([None, "", " "], ()),
        (["refund"], ("refund",)),
        (["refund", "refund"], ("refund",)),
        (["盗窃", "诈骗"], ("盗窃", "诈骗")),
        ([1, 2.0], ("1", "2")),
        ("['refund']", ("refund",)),
        ('["refund", "login"]', ("refund", "login")),
        (" ['refund' 'login'] ", ("refund", "login")),  # as numpy prints it
        ("['it''s']", ("its",)),
        ("[]", ()),
        ("[图片]", ("[图片]",)),
        ("[引诱、容留、介绍]卖淫", ("[引诱、容留、介绍]卖淫",)),
        ("{name}", ("{name}",)),
        ("[" * 50 + "]" * 3, ("[" * 50 + "]" * 3,)),
    ],
)
def test_a_cell_holds_the_members_of_a_list(value: object, texts: tuple[str, ...]) -> None:
    """A list of one text is that text, and a text that spells a list is that list."""
    assert read_cell(value) == Cell(texts)
    assert read_text(value) == "\n".join(texts)


@pytest.mark.parametrize(
    "value",
    [
        {"id": 3},
        [{"id": 3}],
        [["a"]],
        ['{"intent": "refund"}'],
        ["a", "['b']"],
        "{'intent': 'refund'}",
        '{"intent": "refund"}',
        "[{'label': 1}]",
        "[" * 400 + "]" * 400,
    ],
)
def test_an_object_is_no_text(value: object) -> None:
    """Objects are never text, wherever they stand and whoever spelled them."""
    assert read_cell(value) == Cell(nested=True)
    assert read_text(value) == ""


def test_a_long_text_in_brackets_stays_a_text() -> None:
    """Whole documents are not parsed for each row."""
    text = json.dumps(["word"] * MAX_SPELLED_CHARS)
    assert read_cell(text) == Cell((text,))


@given(NAMES)
def test_every_spelling_of_a_list_is_read_alike(names: list[str]) -> None:
    """JSON and Python write the same list."""
    expected = read_cell(names)
    assert len(expected.texts) == len(names)
    for spelled in (json.dumps(names), repr(names)):
        if len(spelled) <= MAX_SPELLED_CHARS:
            assert read_cell(spelled) == expected


@pytest.mark.parametrize(
    ("label", "several", "fault"),
    [
        ("refund", False, ""),
        (["refund"], False, ""),
        (["refund", "login"], False, "several_labels"),
        (["refund", "login"], True, ""),
        ("['refund', 'login']", False, "several_labels"),
        ({"id": 1}, True, "nested_value"),
    ],
)
def test_cells_that_cannot_be_labels_have_a_fault(label: object, several: bool, fault: str) -> None:
    """Several labels are refused where one is allowed, objects always."""
    assert find_cell_fault({"text": "hello", "label": label}, several=several) == fault
    assert find_cell_fault({"text": {"a": 1}, "label": label}, several=True) == "nested_value"
