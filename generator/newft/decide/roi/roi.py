"""What a project costs and brings: budget, scenarios, break-even, sensitivity, alternatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from newft.decide.inputs import Inputs
from newft.decide.roi.cash_flow import (
    DECIMALS,
    compute_npv,
    compute_simple_formula,
    weigh_amounts,
)
from newft.decide.roi.costs import (
    CONTAINED,
    VOLUME,
    Values,
    compute_amounts,
    compute_line,
    list_needed_figures,
    select_lines,
)
from newft.decide.roi.scenarios import (
    compute_outcomes,
    estimate_npv,
    get_base_values,
    read_timing,
)
from newft.decide.roi.used_figures import Figures, collect_figures
from newft.decide.rollout.effort import Effort
from newft.schema.advice import PLANNED, Approach
from newft.schema.plan import Estimate
from newft.schema.roi import (
    SCENARIOS,
    Alternative,
    BenefitKind,
    CostLine,
    Figure,
    Outcome,
    Roi,
    Scenario,
    Sensitivity,
    SimpleFormula,
    Spread,
)
from newft.text import Text

SIMPLE_FORMULA_WHY = Text(
    "it counts a year of full benefit from the first day, no running cost, no ramp, no discount "
    "and no retraining, and takes a benefit that may not come for one that does",
    "它从第一天起就按全年满额收益计算，不计运行成本、上线爬坡、折现与再训练，也不计收益不兑现的可能",
)
TITLES: Mapping[Approach, Text] = {
    "prompt": Text("prompting, on an API", "提示词（API）"),
    "classical": Text("classical model", "传统模型"),
    "rag": Text("retrieval (RAG), on an API", "检索增强（RAG，API）"),
    "hybrid": Text("fine-tuning with RAG", "微调加检索"),
}
WHYS: Mapping[Approach, Text] = {
    "prompt": Text(
        "no labels to learn from, no device; every request is paid",
        "无需训练标注与设备，按请求付费",
    ),
    "classical": Text(
        "no device; the server that calls it runs it too", "无需设备，由调用它的服务器运行"
    ),
    "rag": Text(
        "no labels to learn from, no device; every request is paid, with the texts it needs",
        "无需训练标注与设备，按请求付费，含检索到的文本",
    ),
    "hybrid": Text(
        "the cost of fine-tuning, and the work on retrieval", "微调的全部成本，加上检索的工作量"
    ),
}


def estimate_roi(
    inputs: Inputs,
    estimate: Estimate,
    effort: Effort,
    figures: Mapping[str, Figure],
    benefit: BenefitKind,
) -> Roi:
    """Estimate what fine-tuning costs and brings, and what other approaches would."""
    found = collect_figures(inputs, estimate, effort, figures, benefit)
    spreads = {name: one.spread.value for name, one in found.used.items()}
    missing = tuple(name for name in found.missing if name in list_needed_figures(PLANNED, benefit))
    outcomes = None if missing else compute_outcomes(PLANNED, benefit, spreads, figures)
    approaches = _list_approaches(inputs)
    shown = {name for one in (PLANNED, *approaches) for name in list_needed_figures(one, benefit)}
    share = find_break_even(CONTAINED, PLANNED, benefit, spreads)
    return Roi(
        currency=found.currency,
        horizon_months=int(spreads["horizon_months"].base),
        benefit=benefit,
        figures={
            name: one for name, one in found.used.items() if name in shown or one.origin == "team"
        },
        missing=missing,
        one_off=_list_costs(found, ("once",)),
        monthly=_list_costs(found, ("month", "use")),
        outcomes=outcomes,
        simple_formula=None if missing else _apply_simple_formula(benefit, spreads),
        simple_formula_why=SIMPLE_FORMULA_WHY,
        break_even_volume=find_break_even(VOLUME, PLANNED, benefit, spreads),
        break_even_containment=share if share is not None and share <= 1 else None,
        sensitivity=() if missing else _vary_figures(found),
        alternatives=_list_alternatives(approaches, found, figures, outcomes),
    )


def _list_costs(found: Figures, flows: tuple[str, ...]) -> tuple[CostLine, ...]:
    """List the lines of the budget that are known, without those that are 0."""
    spreads = {name: one.spread.value for name, one in found.used.items()}
    lines = [
        (line, compute_line(line, spreads))
        for line in select_lines(PLANNED, found.benefit)
        if line.flows in flows and all(name in spreads for name in line.figures)
    ]
    total = sum(amount.base for _, amount in lines)
    return tuple(
        CostLine(line.id, line.title, _round(amount), amount.base / total if total else 0.0)
        for line, amount in lines
        if amount.high
    )


def _round(amount: Spread) -> Spread:
    return Spread(*(round(one, DECIMALS) for one in (amount.low, amount.base, amount.high)))


def _apply_simple_formula(benefit: BenefitKind, spreads: Mapping[str, Spread]) -> SimpleFormula:
    return compute_simple_formula(compute_amounts(PLANNED, benefit, get_base_values(spreads)))


def find_break_even(
    name: str, approach: Approach, benefit: BenefitKind, spreads: Mapping[str, Spread]
) -> float | None:
    """Return the value of a figure at which the base NPV is 0; None if there is none.

    The net present value is linear in the figure.
    """
    needed = list_needed_figures(approach, benefit)
    if name not in needed or any(one not in spreads for one in needed - {name}):
        return None
    values = get_base_values(spreads)
    weights = weigh_amounts(read_timing(values))
    nothing = compute_amounts(approach, benefit, {**values, name: 0.0})
    one = compute_amounts(approach, benefit, {**values, name: 1.0})
    earned = (one.benefit - nothing.benefit) - (one.request_cost - nothing.request_cost)
    if earned * weights.use <= 0:
        return None
    return -compute_npv(nothing, weights) / (earned * weights.use)


def _vary_figures(found: Figures) -> tuple[Sensitivity, ...]:
    """Return what each figure alone changes, the widest first."""
    needed = list_needed_figures(PLANNED, found.benefit)
    used = {name: one for name, one in found.used.items() if name in needed}
    base = get_base_values({name: one.spread.value for name, one in used.items()})

    def estimate(values: Values) -> float:
        return round(estimate_npv(PLANNED, found.benefit, values), DECIMALS)

    varied = [
        Sensitivity(
            name,
            one.title,
            npv_at_low=estimate({**base, name: one.spread.value.low}),
            npv_at_high=estimate({**base, name: one.spread.value.high}),
        )
        for name, one in used.items()
        if one.spread.value.low < one.spread.value.high
    ]
    return tuple(sorted(varied, key=lambda one: -abs(one.npv_at_high - one.npv_at_low)))


def _list_approaches(inputs: Inputs) -> list[Approach]:
    """List the other approaches that make sense for the task: nothing is looked up for tables."""
    without: tuple[Approach, ...] = ("rag", "hybrid") if inputs.task.tabular else ()
    return [one for one in get_args(Approach) if one not in (PLANNED, *without)]


def _list_alternatives(
    approaches: Sequence[Approach],
    found: Figures,
    figures: Mapping[str, Figure],
    planned: Mapping[Scenario, Outcome] | None,
) -> tuple[Alternative, ...]:
    """Return the other approaches, and doing nothing."""
    spreads = {name: one.spread.value for name, one in found.used.items()}
    listed = [
        _estimate_alternative(one, found.benefit, spreads, figures, planned) for one in approaches
    ]
    months = int(spreads["horizon_months"].base) + 1
    outcome = Outcome(npv=0.0, roi=0.0, payback_month=None, cumulative=(0.0,) * months)
    nothing: Mapping[Scenario, Outcome] = dict.fromkeys(SCENARIOS, outcome)
    why = Text(
        "all goes on as today: what the others earn is counted from here",
        "维持现状：其他方案的收益以此为零点",
    )
    title, free = Text("do nothing", "不做"), Spread(0.0, 0.0, 0.0)
    return (*listed, Alternative("nothing", title, free, None, nothing, None, why))


def _estimate_alternative(
    approach: Approach,
    benefit: BenefitKind,
    spreads: Mapping[str, Spread],
    figures: Mapping[str, Figure],
    planned: Mapping[Scenario, Outcome] | None,
) -> Alternative:
    known = all(name in spreads for name in list_needed_figures(approach, benefit))
    outcomes = compute_outcomes(approach, benefit, spreads, figures) if known else None
    equal_at = None
    if planned and outcomes:
        equal_at = _find_equal_share(approach, benefit, get_base_values(spreads))
    return Alternative(
        approach,
        TITLES[approach],
        _add_one_off_costs(approach, benefit, spreads),
        find_break_even(VOLUME, approach, benefit, spreads),
        outcomes,
        equal_at,
        WHYS[approach],
    )


def _add_one_off_costs(
    approach: Approach, benefit: BenefitKind, spreads: Mapping[str, Spread]
) -> Spread | None:
    lines = [line for line in select_lines(approach, benefit) if line.flows == "once"]
    if any(name not in spreads for line in lines for name in line.figures):
        return None
    amounts = [compute_line(line, spreads) for line in lines]
    return _round(
        Spread(
            sum(one.low for one in amounts),
            sum(one.base for one in amounts),
            sum(one.high for one in amounts),
        )
    )


def _find_equal_share(approach: Approach, benefit: BenefitKind, values: Values) -> float | None:
    """Return the share of the benefit with which an approach earns what fine-tuning does."""
    weights = weigh_amounts(read_timing(values))
    amounts = compute_amounts(approach, benefit, values)
    worth = amounts.benefit * weights.use
    if worth <= 0:
        return None
    cost = worth - compute_npv(amounts, weights)
    share = (estimate_npv(PLANNED, benefit, values) + cost) / worth
    return round(share, 4)
