"""What identifies a person, an account or a row is told by its values, and amounts are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.identifier_checks import (
    is_card_number,
    is_iban,
    is_other_national_id,
    is_resident_id,
    is_social_security_number,
)
from newft.dataset.identifier_values import find_identifier_kind, is_measure
from support.spread_values import FIRST, LAST, ROADS, spread

COUNT = 60
VALUES = {
    "email": lambda i: f"user{i}@mail.example",
    "url": lambda i: f"https://portal.example/u/{i}",
    "ip": lambda i: f"10.{i % 7}.{i}.{i * 3 % 250}",
    "phone": lambda i: f"+49 30 {spread(i, 7)}",
    "ssn": lambda i: f"{101 + i}-{11 + i % 80}-{1001 + i}",
    "address": lambda i: f"{i + 1} {ROADS[i % 5]}, Oslo",
    "person": lambda i: f"{FIRST[i % 8]} {LAST[i // 8]}",
    "card_form": lambda i: f"{spread(i, 4)} {spread(i + 1, 4)} {spread(i + 2, 4)} {spread(i, 4)}",
    "long_number": lambda i: str(spread(i, 10)),
    "zero_number": lambda i: f"0{spread(i, 5)}",
    "masked": lambda i: f"138****{spread(i, 4)}",
    "code": lambda i: f"{'KLMNPRT'[i % 7]}{spread(i, 7)}",
}
WRITTEN_AS_NUMBERS = {
    "by pandas, beside gaps": lambda i: f"{spread(i, 10)}.0",
    "by a sheet": lambda i: f"{spread(i, 5) / 10_000}E+15",
}
MEASURES = {
    "float": lambda i: f"{spread(i, 5)}.0",
    "income": lambda i: str(30_000 + spread(i, 5) % 90_000),
    "amount in cents": lambda i: f"{spread(i, 6) / 100}",
    "amount with a currency": lambda i: f"EUR {spread(i, 5):,}",
    "share": lambda i: f"{spread(i, 4) / 100}%",
    "balance": lambda i: str(spread(i, 1 + i % 8)),
    "ratio": lambda i: f"0.{spread(i, 4)}",
    "years": lambda i: f"{i % 9} years",
    "grade": lambda i: "ABC"[i % 3] + str(i % 4),
    "remark": lambda i: f"clean for {i} years, two cards paid in full monthly",
    "note": lambda i: f"近{i}年无逾期，信用卡两张按时全额还",
    "month": lambda i: f"{i % 12 + 1:02}-20{i % 20 + 10}",
}


@pytest.mark.parametrize("kind", VALUES)
def test_what_identifies_is_told_by_its_values(kind: str) -> None:
    found = find_identifier_kind([VALUES[kind](number) for number in range(COUNT)])
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize("kind", MEASURES)
def test_what_measures_or_describes_is_no_identifier(kind: str) -> None:
    assert find_identifier_kind([MEASURES[kind](number) for number in range(COUNT)]) is None


def test_chinese_names_addresses_and_mobiles_are_told() -> None:
    names = [
        f"{'王李张刘陈'[i % 5]}{'伟芳娜敏静强磊'[i % 7]}{'军洋勇'[i % 3]}" for i in range(COUNT)
    ]
    roads = [f"北京市海淀区中关村{i}号院" for i in range(COUNT)]
    mobiles = [f"13{spread(i, 9)}" for i in range(COUNT)]
    found = [find_identifier_kind(values) for values in (names, roads, mobiles)]
    assert [one.name if one else "" for one in found] == ["person", "address", "phone"]


@pytest.mark.parametrize(
    "cell",
    [lambda i: str(spread(i, 11)), lambda i: f"P{spread(i, 8)}", lambda i: f"AB-{spread(i, 6)}"],
)
def test_an_account_that_comes_in_several_rows_is_told_too(cell: Callable[[int], str]) -> None:
    assert find_identifier_kind([cell(i % 20) for i in range(COUNT)]) is not None


@pytest.mark.parametrize("writer", WRITTEN_AS_NUMBERS)
def test_a_long_number_is_told_though_a_program_took_it_for_a_measure(writer: str) -> None:
    values = [WRITTEN_AS_NUMBERS[writer](number) for number in range(COUNT)]
    assert find_identifier_kind(values) is not None


def test_large_amounts_of_one_width_are_round() -> None:
    assert find_identifier_kind([f"{10_000 + spread(i, 4)}000" for i in range(COUNT)]) is None


def test_numbers_that_were_given_one_by_one_count_the_rows() -> None:
    shuffled = [str(500 + i * 37 % 101) for i in range(101)]
    found = find_identifier_kind(shuffled, first=shuffled)
    assert found is not None
    assert found.name == "counter"


def test_numbers_that_rise_from_row_to_row_were_given_one_by_one() -> None:
    rising = [str(70 + 13 * number + number % 3) for number in range(120)]
    found = find_identifier_kind(rising, first=rising)
    assert found is not None
    assert found.name == "counter"
    sorted_ages = [str(18 + number // 3) for number in range(120)]
    assert find_identifier_kind(sorted_ages, first=sorted_ages) is None


def test_few_values_prove_nothing() -> None:
    assert find_identifier_kind([str(spread(i, 10)) for i in range(10)]) is None


# examples that issuers publish, and made-up numbers with a right check mark
@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (is_card_number, "4111 1111 1111 1111", "4111 1111 1111 1112"),
        (is_iban, "GB29 NWBK 6016 1331 9268 19", "GB29 NWBK 6016 1331 9268 18"),
        (is_iban, "DE89370400440532013000", "DE89370400440532013001"),
        (is_resident_id, "11010519491231002X", "110105194912310021"),
        (is_social_security_number, "219-09-9999", "666-09-9999"),
        (is_other_national_id, "529.982.247-25", "529.982.247-26"),  # CPF
        (is_other_national_id, "12345678Z", "12345678A"),  # DNI
        (is_other_national_id, "44051401359", "44051401358"),  # PESEL
        (is_other_national_id, "91350211M000100Y46", "91350211M000100Y43"),  # GB 32100
        (is_other_national_id, "255081416802538", "255081416802539"),  # NIR
        (is_other_national_id, "9999 4105 7058", "9999 4105 7059"),  # Aadhaar
    ],
)
def test_check_digits_tell_numbers_from_others(check: object, right: str, wrong: str) -> None:
    assert callable(check)
    assert (check(right), check(wrong)) == (True, False)


@given(st.lists(st.text(max_size=40), min_size=20, max_size=60))
def test_any_values_are_looked_at_without_fault(values: list[str]) -> None:
    filled = [value.strip() for value in values if value.strip()]
    find_identifier_kind(filled, first=filled)
    for value in filled:
        for check in (is_card_number, is_iban, is_resident_id, is_other_national_id):
            assert check(value) in (True, False)


def test_shares_below_one_are_amounts() -> None:
    assert is_measure([f"0.{n:03}" for n in range(60)])
    assert not is_measure([f"{n:04}" for n in range(60)])
