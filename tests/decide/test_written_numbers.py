"""Numbers as answers write them, and how others should be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.decide.written_numbers import explain_wrong_number, read_number, read_share
from newft.text import Text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_as_python_writes_it(number: float) -> None:
    assert read_number(repr(number)) == number


@pytest.mark.parametrize("text", ["", "20,000", "2万", "1 0", "nan", "inf", "1e999", "１２", "3k"])
def test_no_other_text_is_a_number(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(0, 100))
def test_a_share_is_written_as_a_percentage_or_not(percent: int) -> None:
    assert read_share(f"{percent}%") == read_share(f"{percent} %") == percent / 100
    assert read_share(str(percent / 100)) == percent / 100


@pytest.mark.parametrize(
    ("text", "meant"),
    [("20,000", "20000"), ("2万", "20000"), ("20k", "20000"), ("1.5亿", "150000000")],
)
def test_separators_and_scales_are_told_how_to_be_written(text: str, meant: str) -> None:
    said = explain_wrong_number(text, Text("a number", "数字"))
    assert said.en == f"is `{text}`, but must be a number; write {meant}"
    assert said.zh == f"是 `{text}`，应为数字；请写成 {meant}"


@pytest.mark.parametrize("text", ["many", "15%", "-", "0.5", "-1"])
def test_nothing_is_suggested_for_what_is_no_such_number(text: str) -> None:
    assert "; write" not in explain_wrong_number(text, Text("a number", "数字")).en
