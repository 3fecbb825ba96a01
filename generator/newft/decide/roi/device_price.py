"""The price of a device that the answers give, in the currency of the cash flow."""

from __future__ import annotations

from newft.decide.estimate.cost import parse_price
from newft.decide.roi.given_figures import CURRENCY_KEY, EXCHANGE_RATE_KEY, USD
from newft.errors import IncompatibleError
from newft.schema.answers import Answers
from newft.text import Text

SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP"}  # ¥ is that of two countries


def read_device_price(answers: Answers) -> tuple[float, str] | None:
    """Return the price of one device for an hour, and its currency; empty if none was written."""
    if answers.device_price is None:
        return None
    price, written = parse_price(answers.device_price)
    return price, SYMBOLS.get(written, written.upper())


def check_price_currency(answers: Answers) -> None:
    """Refuse a price in another currency than the cash flow that somebody asks for."""
    found, wanted = read_device_price(answers), answers.roi.get(CURRENCY_KEY, USD).strip()
    if found is None or not answers.roi or found[1] in ("", wanted):
        return
    currency = found[1]
    if currency == USD and EXCHANGE_RATE_KEY in answers.roi:
        return
    message = Text(
        f"is in {currency}, and roi.{CURRENCY_KEY} is {wanted}",
        f"币种是 {currency}，而 roi.{CURRENCY_KEY} 是 {wanted}",
    )
    hint = Text(
        f"give both in one currency: --set roi.{CURRENCY_KEY}={currency}, or another price",
        f"请统一币种：--set roi.{CURRENCY_KEY}={currency}，或改写价格",
    )
    raise IncompatibleError(message, where="device_price", hint=hint)
