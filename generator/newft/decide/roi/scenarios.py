"""The low, the base and the high scenario, and what one figure alone changes.

Of most figures it is known which end earns more. Of the others it depends: more requests help only
if each of them earns something, and a later start helps what loses money. Their values are those
of the lowest and the highest net present value, which makes the scenarios bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Literal

from newft.decide.roi.cash_flow import (
    Timing,
    compute_npv,
    compute_outcome,
    weigh_amounts,
)
from newft.decide.roi.costs import (
    BENEFIT_SHARES,
    CONTACT_COST,
    CONTAINED,
    TIMING_FIGURES,
    VOLUME,
    ApproachCosts,
    Values,
)
from newft.schema.roi import Figure, Outcome, Scenario, Spread

SIZE_FIGURES = (
    VOLUME,
    CONTAINED,
    CONTACT_COST,
    *BENEFIT_SHARES.values(),
)  # of the benefit, whose sign decides which end earns more
Spreads = Mapping[str, Spread]


def compute_outcomes(
    costs: ApproachCosts, spreads: Spreads, figures: Mapping[str, Figure]
) -> Mapping[Scenario, Outcome]:
    """Return the outcome of an approach in the three scenarios."""
    needed = costs.needed
    used = {name: spread for name, spread in spreads.items() if name in needed}
    return {
        "low": _compute(costs, _choose_values(costs, used, figures, "low")),
        "base": _compute(costs, get_base_values(used)),
        "high": _compute(costs, _choose_values(costs, used, figures, "high")),
    }


def get_base_values(spreads: Spreads) -> dict[str, float]:
    """Return the base value of each figure."""
    return {name: spread.base for name, spread in spreads.items()}


def read_timing(values: Values) -> Timing:
    """Return when money flows."""
    return Timing(
        horizon_months=int(values["horizon_months"]),
        build_months=int(values["build_months"]),
        adoption_months=int(values["adoption_months"]),
        discount_rate=values["discount_rate"],
    )


def estimate_npv(costs: ApproachCosts, values: Values) -> float:
    """Return the net present value with these values of all figures."""
    return compute_npv(costs.compute_amounts(values), weigh_amounts(read_timing(values)))


def _compute(costs: ApproachCosts, values: Values) -> Outcome:
    return compute_outcome(costs.compute_amounts(values), read_timing(values))


def _choose_values(
    costs: ApproachCosts,
    spreads: Spreads,
    figures: Mapping[str, Figure],
    scenario: Literal["low", "high"],
) -> dict[str, float]:
    """Return the values that earn least, or most."""
    pick = min if scenario == "low" else max
    values = {name: _get_end(spread, figures[name], scenario) for name, spread in spreads.items()}

    def earn_in_a_month(changed: dict[str, float]) -> float:
        amounts = costs.compute_amounts(changed)
        return amounts.benefit - amounts.request_cost

    values = pick(_list_choices(values, spreads, SIZE_FIGURES), key=earn_in_a_month)
    amounts = costs.compute_amounts(values)
    return pick(
        _list_choices(values, spreads, TIMING_FIGURES),
        key=lambda changed: compute_npv(amounts, weigh_amounts(read_timing(changed))),
    )


def _get_end(spread: Spread, figure: Figure, scenario: Literal["low", "high"]) -> float:
    if figure.better is None:
        return spread.base
    return spread.high if (figure.better == "high") == (scenario == "high") else spread.low


def _list_choices(
    values: dict[str, float], spreads: Spreads, names: tuple[str, ...]
) -> Iterator[dict[str, float]]:
    """Yield the values with each combination of low, base and high of these figures."""
    ends = [
        [(name, value) for value in dict.fromkeys((one.low, one.base, one.high))]
        for name, one in spreads.items()
        if name in names
    ]
    for combination in product(*ends):
        yield {**values, **dict(combination)}
