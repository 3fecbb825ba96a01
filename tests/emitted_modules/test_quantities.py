"""How amounts, percentages and durations are read, and what is no quantity."""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.column_leaks import measure_predictability
from newft.dataset.quantity_columns import find_mixed_units, read_column
from newft.emitted.quantities import SCALES, read_quantity
from support.credit_applications import applications, facts, with_column, written

amounts = st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False).map(float)


def value(text: str) -> float | None:
    quantity = read_quantity(text)
    return None if quantity is None else quantity.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.03万", 10_300), ("1.03 万元", 10_300), ("2亿", 2e8), ("1亿2000万", 1.2e8),
        ("3万5千", 35_000), ("3.5k", 3_500), ("$1.2m", 1.2e6), ("1.2M USD", 1.2e6),
        ("3w元", 30_000), ("36m", 36), ("12B", 12), ("3w", 3),
        ("US$1.2bn", 1.2e9), ("1.2 million", 1.2e6), ("12%", 0.12), ("１２％", 0.12),
        ("百分之12", 0.12), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234.5", 1234.5),
        ("1'234.5", 1234.5), ("12,5", 12.5), ("0,123", 0.123), ("1,234", 1234), ("1.234", 1.234),
        ("(1,234.5)", -1234.5), ("（5%）", -0.05), ("-5%", -0.05), ("−5", -5), ("负5%", -0.05),
        ("¥ 1.5万", 15_000), ("$15,000", 15_000), ("rmb 3k", 3_000), ("约12万元", 120_000),
        ("12 months", 12), ("< 1 year", 1), ("10+ years", 10), ("5kg", 5), ("5千克", 5),
        ("5-10万", 50_000), ("5万-10万", 50_000), ("1-3 years", 1), ("30-day delays", 30),
        ("1e3", 1000), (".5", 0.5), ("逾期3次", 3), ("3年6个月", 3),
    ],
)  # fmt: skip
def test_a_quantity_is_read_in_ones(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-05-01", "2024/5/1", "1/5/2024", "2024年5月", "5月3日", "20240501", "12:30"),
        *("10 May 2020", "Dec-2015", "2024-05", "C00001", "LC-00001", "a34", "12ab34", "No. 5"),
        *("第3", "编号12", "0012345", "6222021234567890123", "110101199001011234", "13812345678"),
        *("+86 13812345678", "138 1234 5678", "010-12345678", "192.168.0.1", "1,2,3", "1,0000"),
        *("1.234.567", "3万5", "3-1", "½", "", "-", ".", "nan", "inf", "1e999", "9" * 400),
        *("about 7", "three", "三万", "(12 months)", "(-3)"),
    ],
)
def test_dates_ids_and_what_is_unclear_are_no_quantity(text: str) -> None:
    assert value(text) is None


@given(amounts, st.sampled_from(sorted(SCALES)), st.booleans())
def test_a_mark_multiplies_whatever_the_width_of_the_digits(
    amount: float, mark: str, wide: bool
) -> None:
    text = f"{amount:,.2f}{mark if not mark.isascii() or len(mark) < 3 else ' ' + mark}"
    if wide:
        text = "".join(unicodedata.lookup(f"FULLWIDTH DIGIT {NAMES[int(char)]}")
                       if char.isdigit() else char for char in text)  # fmt: skip
    quantity = read_quantity(text, letters=True)
    assert quantity is not None
    assert quantity.value == pytest.approx(amount * SCALES[mark])


NAMES = ["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"]


@given(amounts.filter(lambda amount: amount >= 0.01))
def test_every_way_of_writing_an_amount_is_the_same_amount(amount: float) -> None:
    european = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    spaced = f"{amount:,.2f}".replace(",", " ")
    for text in (f"{amount:.2f}", f"{amount:,.2f}", european, spaced, f"€{amount:,.2f}"):
        assert value(text) == pytest.approx(amount)
        assert value(f"-{text}") == value(f"({text})") == pytest.approx(-amount)


@given(st.text(max_size=30) | st.from_regex(r"[-+(]?[\d.,' ]{1,12}[万亿千km%年月-]{0,3}\)?"))
def test_any_text_gives_a_finite_number_or_none(text: str) -> None:
    quantity = read_quantity(text)
    assert quantity is None or math.isfinite(quantity.value)


@given(st.dates().filter(lambda date: date.year > 1000), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d",
       "%d.%m.%Y", "%m/%d/%Y", "%Y年%m月%d日", "%d %b %Y", "%Y-%m-%d %H:%M"]))  # fmt: skip
def test_no_date_is_a_quantity(date: object, form: str) -> None:
    assert value(format(date, form)) is None


def test_a_column_of_several_units_is_told_from_one_of_one_unit() -> None:
    assert find_mixed_units(["1.03万", "68,996", "2.5万"]) == {"万": 2, "": 1}
    assert find_mixed_units(["12%", "0.3"]) == {"%": 1, "": 1}
    assert find_mixed_units(["12 months", "2 years", "3"]) == {"month": 1, "year": 1}
    assert find_mixed_units(["$5", "€5"]) == {"US dollar": 1, "euro": 1}
    for alike in (
        ["1.03万", "2w"],
        ["5", "5元"],
        ["5 years", "1 year", "3"],
        ["3k in debt", "none"],
    ):
        assert find_mixed_units(alike) == {}


def test_a_column_of_several_units_is_warned_of(tmp_path: Path) -> None:
    values = [f"{3 + i % 7}.5万" if i % 3 else f"{30 + i},000" for i in range(30)]
    records = with_column(applications(), "savings", values)
    said = [warning.en for warning in facts(written(tmp_path, records)).warnings]
    assert any(text.startswith("`savings` mixes units (10 in ones, 20 in 万)") for text in said)
    assert not any("`income` mixes" in text for text in said)


def test_an_amount_in_several_units_that_gives_the_label_away_is_seen() -> None:
    rows = [(f"{i}万" if i % 2 else f"{i}0,000", "good" if i > 20 else "bad") for i in range(1, 41)]
    assert measure_predictability(rows).is_leak


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["36m", "36 months", "60m"], [36, 36, 60]),
        (["36m", "48", "60m"], [36, 48, 60]),
        (["36m", "60m"], [36, 60]),
        (["12B", "7", "3A"], [12, 7, 3]),
        (["1.2m", "850,000", "2m"], [1.2e6, 850_000, 2e6]),
        (["3w", "1.5万"], [30_000, 15_000]),
        (["2w", "25000", "18000"], [20_000, 25_000, 18_000]),
        (["1.2m", "$500"], [1.2e6, 500]),
        (["$1.2m", "2m"], [1.2e6, 2e6]),
        (["3m", "450k"], [3e6, 450_000]),
    ],
)
def test_a_column_says_whether_a_letter_is_a_scale(
    values: list[str], expected: list[float]
) -> None:
    found = [quantity.value if quantity else None for quantity in read_column(values)]
    assert found == pytest.approx(expected)
