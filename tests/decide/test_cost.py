"""The cost of training: hours, times devices, times the price that the user gave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newft.decide.estimate.cost import estimate_cost, parse_price
from newft.decide.inputs import Inputs
from newft.errors import IncompatibleError
from newft.schema.hardware import Hardware
from support.decide_examples import ANSWERS, EIGHT, LORA, QWEN, TASK, card, facts


def inputs(price: str | None, *, devices: int = 1) -> Inputs:
    answers = replace(ANSWERS, device_price=price)
    return Inputs(answers, facts(), QWEN, EIGHT, Hardware(card(24.0), devices), TASK, LORA)


def test_nothing_costs_anything_without_a_price() -> None:
    assert estimate_cost(inputs(None), (1.0, 2.0)) is None
    assert estimate_cost(inputs("2"), None) is None


def test_every_device_is_paid_for_its_hours() -> None:
    cost = estimate_cost(inputs("1.5 USD", devices=2), (1.0, 4.0))
    assert cost is not None
    assert cost.range == (3.0, pytest.approx(12.0, abs=0.011))
    assert cost.currency == "USD"


@pytest.mark.parametrize(
    ("text", "price"),
    [("2", (2.0, "")), ("1.99USD", (1.99, "USD")), ("14.5 元", (14.5, "元")), ("3€", (3.0, "€"))],
)
def test_a_price_may_have_a_currency(text: str, price: tuple[float, str]) -> None:
    assert parse_price(text) == price


@pytest.mark.parametrize("text", ["", "cheap", "-1", "1,99", "2 USD per hour"])
def test_what_is_no_price_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(IncompatibleError) as caught:
        estimate_cost(inputs(text), (1.0, 2.0))
    assert caught.value.where == "device_price"
    assert caught.value.hint and "--device-price 1.99USD" in caught.value.hint
