"""The cash flow of a project by month, discounted: what it earns until the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from newft.schema.roi import Outcome, SimpleFormula

MONTHS_A_YEAR = 12
DECIMALS = 2  # of money: powers differ in their last digits between machines
SHARE_DECIMALS = 4


@dataclass(frozen=True)
class Timing:
    """When money flows; everything in a month flows at its end."""

    horizon_months: int
    build_months: int  # over which the one-off cost is spread; 0: all of it flows at month 0
    adoption_months: int  # from the first to the full use; 0: full use from the first month
    discount_rate: float  # a year


@dataclass(frozen=True)
class Amounts:
    """How much money flows: once, every month in use, and every month at full use."""

    one_off: float
    monthly_cost: float  # in every month of use
    request_cost: float  # in a month at full use; it grows with the use
    benefit: float  # in a month at full use; it grows with the use


@dataclass(frozen=True)
class Weights:
    """What each amount counts for in the net present value, which is linear in the amounts."""

    one_off: float
    monthly: float
    use: float


def list_discounts(timing: Timing) -> list[float]:
    """Return the factor of each month from 0 to the horizon."""
    return [
        (1 + timing.discount_rate) ** (-month / MONTHS_A_YEAR)
        for month in range(timing.horizon_months + 1)
    ]


def list_one_off_shares(timing: Timing) -> list[float]:
    """Return the share of the one-off cost that each month from 0 to the horizon bears."""
    months, build = timing.horizon_months + 1, timing.build_months
    if build == 0:
        return [1.0] + [0.0] * (months - 1)
    return [1 / build if 1 <= month <= build else 0.0 for month in range(months)]


def list_adoption(timing: Timing) -> list[float]:
    """Return the share of the full use in each month from 0 to the horizon."""
    ramp = timing.adoption_months
    ages = (month - timing.build_months for month in range(timing.horizon_months + 1))
    return [0.0 if age < 1 else min(1.0, age / ramp) if ramp else 1.0 for age in ages]


@lru_cache(maxsize=256)  # approaches share the same months
def weigh_amounts(timing: Timing) -> Weights:
    """Return the present value of one unit of money in each amount."""
    discounts, adoption = list_discounts(timing), list_adoption(timing)
    shares = list_one_off_shares(timing)
    return Weights(
        one_off=sum(map(_multiply, shares, discounts)),
        monthly=sum(
            discount for discount, used in zip(discounts, adoption, strict=True) if used > 0
        ),
        use=sum(map(_multiply, adoption, discounts)),
    )


def _multiply(first: float, second: float) -> float:
    return first * second


def compute_npv(amounts: Amounts, weights: Weights) -> float:
    """Return the net present value."""
    return (
        (amounts.benefit - amounts.request_cost) * weights.use
        - amounts.monthly_cost * weights.monthly
        - amounts.one_off * weights.one_off
    )


def compute_outcome(amounts: Amounts, timing: Timing) -> Outcome:
    """Return what the project earns until the horizon."""
    weights = weigh_amounts(timing)
    costs = (
        amounts.one_off * weights.one_off
        + amounts.monthly_cost * weights.monthly
        + amounts.request_cost * weights.use
    )
    flows = list_flows(amounts, timing)
    present = map(_multiply, flows, list_discounts(timing))
    cumulative = tuple(round(value, DECIMALS) for value in accumulate(present))
    return Outcome(
        npv=cumulative[-1],
        roi=round((amounts.benefit * weights.use - costs) / costs, SHARE_DECIMALS),
        payback_month=_find_payback(flows, timing),
        cumulative=cumulative,
    )


def list_flows(amounts: Amounts, timing: Timing) -> list[float]:
    """Return the flow of each month from 0 to the horizon, not discounted."""
    return [
        (amounts.benefit - amounts.request_cost) * used
        - (amounts.monthly_cost if used > 0 else 0.0)
        - amounts.one_off * share
        for share, used in zip(list_one_off_shares(timing), list_adoption(timing), strict=True)
    ]


def _find_payback(flows: list[float], timing: Timing) -> int | None:
    """Return the first month of use by whose end all that was spent has come back."""
    balances = [round(balance, DECIMALS) for balance in accumulate(flows)]
    for month in range(timing.build_months + 1, timing.horizon_months + 1):
        if balances[month] >= 0:
            return month
    return None


def compute_simple_formula(amounts: Amounts) -> SimpleFormula:
    """Return what one year of full benefit is against the one-off cost, without running cost."""
    payback = amounts.one_off / amounts.benefit if amounts.benefit > 0 else None
    return SimpleFormula(
        roi=round(MONTHS_A_YEAR * amounts.benefit / amounts.one_off - 1, SHARE_DECIMALS),
        payback_months=None if payback is None else round(payback, DECIMALS),
    )
