"""What training costs, at the price that the user gives: newft knows none."""

from __future__ import annotations

import re

from newft.decide.estimate.memory import Range
from newft.decide.inputs import Inputs
from newft.errors import IncompatibleError
from newft.schema.plan import Cost
from newft.text import Text

_PRICE_PATTERN = re.compile(r"(?P<amount>\d+(\.\d+)?) ?(?P<currency>[^\W\d_]{1,8}|[$€£¥])?")


def estimate_cost(inputs: Inputs, hours: Range | None) -> Cost | None:
    """Multiply the hours of training by the price of all devices; None without a price."""
    if inputs.answers.device_price is None:
        return None
    amount, currency = parse_price(inputs.answers.device_price)
    if hours is None:
        return None
    price = amount * inputs.hardware.count
    return Cost((round(hours[0] * price, 2), round(hours[1] * price + 0.005, 2)), currency)


def parse_price(text: str) -> tuple[float, str]:
    """Split a price into its amount and its currency."""
    match = _PRICE_PATTERN.fullmatch(text.strip())
    if match is None:
        raise IncompatibleError(
            Text(f"`{text}` is no price of an hour", f"`{text}` 不是每小时的价格"),
            where="device_price",
            hint=Text(
                "write a number, and perhaps a currency after it: --device-price 1.99USD",
                "请写数字，后面可加币种：--device-price 14.5CNY",
            ),
        )
    return float(match["amount"]), match["currency"] or ""
