"""What a project costs and brings: budget, scenarios, break-even, sensitivity, alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import get_args

from newft.decide.inputs import Inputs
from newft.decide.roi.cash_flow import (
    DECIMALS,
    compute_npv,
    compute_simple_formula,
    weigh_amounts,
)
from newft.decide.roi.costs import (
    BENEFIT_SHARES,
    CONTAINED,
    PEOPLE_LINE,
    VOLUME,
    ApproachCosts,
    Values,
    compute_line,
    compute_person_months,
    compute_spread,
    select_costs,
)
from newft.decide.roi.scenarios import (
    Spreads,
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
# where all must run on own machines, no API is called
OWN_TITLES: Mapping[Approach, Text] = {
    "prompt": Text("prompting, on own devices", "提示词（自有设备）"),
    "rag": Text("retrieval (RAG), on own devices", "检索增强（RAG，自有设备）"),
}
OWN_WHYS: Mapping[Approach, Text] = {
    "prompt": Text(
        "no labels to learn from; as many device hours of serving as fine-tuning",
        "无需训练标注；推理卡时与微调相同",
    ),
    "rag": Text(
        "no labels to learn from; as many device hours of serving as fine-tuning, though its "
        "prompts are longer",
        "无需训练标注；推理卡时与微调相同，但其提示词更长",
    ),
}


def estimate_roi(
    inputs: Inputs,
    estimate: Estimate,
    effort: Effort,
    figures: Mapping[str, Figure],
    benefit: BenefitKind,
    *,
    own_machines: bool = False,
) -> Roi:
    """Estimate what fine-tuning costs and brings, and what other approaches would."""
    found = collect_figures(inputs, estimate, effort, figures, benefit)
    spreads = {name: one.spread.value for name, one in found.used.items()}
    planned = select_costs(PLANNED, benefit, own_machines=own_machines)
    others = [
        select_costs(one, benefit, own_machines=own_machines) for one in _list_approaches(inputs)
    ]
    missing = tuple(name for name in found.missing if name in planned.needed)
    outcomes = None if missing else compute_outcomes(planned, spreads, figures)
    shown = {name for one in (planned, *others) for name in one.needed}
    share = find_break_even(CONTAINED, planned, spreads)
    return Roi(
        currency=found.currency,
        horizon_months=int(spreads["horizon_months"].base),
        benefit=benefit,
        figures={
            name: one for name, one in found.used.items() if name in shown or one.origin == "team"
        },
        missing=missing,
        one_off=_list_lines(planned, spreads, ("once",)),
        monthly=_list_lines(planned, spreads, ("month", "use")),
        one_off_total=_add_one_off_costs(planned, spreads),
        outcomes=outcomes,
        simple_formula=None if missing else _apply_simple_formula(planned, spreads),
        simple_formula_why=SIMPLE_FORMULA_WHY,
        break_even_volume=find_break_even(VOLUME, planned, spreads),
        break_even_containment=share if share is not None and share <= 1 else None,
        benefit_share=spreads[BENEFIT_SHARES[PLANNED]].base,
        sensitivity=() if missing else _vary_figures(planned, found),
        alternatives=(
            *(_estimate_alternative(one, planned, found, figures) for one in others),
            _do_nothing(spreads),
        ),
    )


def _list_lines(
    costs: ApproachCosts, spreads: Spreads, flows: tuple[str, ...]
) -> tuple[CostLine, ...]:
    """List the lines of the budget that are known, without those that are 0."""
    lines = [
        (line, compute_line(line, spreads))
        for line in costs.lines
        if line.flows in flows and all(name in spreads for name in line.figures)
    ]
    total = sum(amount.base for _, amount in lines)
    return tuple(
        CostLine(line.id, line.title, _round(amount), amount.base / total if total else 0.0)
        for line, amount in lines
        if amount.high
    )


def _add_one_off_costs(costs: ApproachCosts, spreads: Spreads) -> float | None:
    lines = [line for line in costs.lines if line.flows == "once"]
    if any(name not in spreads for line in lines for name in line.figures):
        return None
    return round(sum(compute_line(line, spreads).base for line in lines), DECIMALS)


def _round(amount: Spread) -> Spread:
    return Spread(*(round(one, DECIMALS) for one in (amount.low, amount.base, amount.high)))


def _apply_simple_formula(costs: ApproachCosts, spreads: Spreads) -> SimpleFormula:
    return compute_simple_formula(costs.compute_amounts(get_base_values(spreads)))


def find_break_even(name: str, costs: ApproachCosts, spreads: Spreads) -> float | None:
    """Return the value of a figure at which the base NPV is 0; None if there is none.

    The net present value is linear in the figure.
    """
    needed = costs.needed
    if name not in needed or any(one not in spreads for one in needed - {name}):
        return None
    values = get_base_values(spreads)
    weights = weigh_amounts(read_timing(values))
    nothing = costs.compute_amounts({**values, name: 0.0})
    one = costs.compute_amounts({**values, name: 1.0})
    earned = (one.benefit - nothing.benefit) - (one.request_cost - nothing.request_cost)
    if earned * weights.use <= 0:
        return None
    return -compute_npv(nothing, weights) / (earned * weights.use)


def _vary_figures(costs: ApproachCosts, found: Figures) -> tuple[Sensitivity, ...]:
    """Return what each figure alone changes, the widest first."""
    used = {name: one for name, one in found.used.items() if name in costs.needed}
    base = get_base_values({name: one.spread.value for name, one in used.items()})

    def estimate(values: Values) -> float:
        return round(estimate_npv(costs, values), DECIMALS)

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


def _do_nothing(spreads: Spreads) -> Alternative:
    """Return what all others are counted from."""
    months = int(spreads["horizon_months"].base) + 1
    outcome = Outcome(npv=0.0, roi=0.0, payback_month=None, cumulative=(0.0,) * months)
    return Alternative(
        id="nothing",
        title=Text("do nothing", "不做"),
        one_off=(),
        monthly=(),
        one_off_total=0.0,
        missing=(),
        person_months=None,
        benefit_share=0.0,
        break_even_volume=None,
        outcomes=dict.fromkeys(SCENARIOS, outcome),
        equal_at=None,
        why=Text(
            "all goes on as today: what the others earn is counted from here",
            "维持现状：其他方案的收益以此为零点",
        ),
    )


def _estimate_alternative(
    costs: ApproachCosts,
    planned: ApproachCosts,
    found: Figures,
    figures: Mapping[str, Figure],
) -> Alternative:
    spreads = {name: one.spread.value for name, one in found.used.items()}
    missing = tuple(name for name in found.missing if name in costs.needed)
    known = not missing and all(name in spreads for name in planned.needed)
    people = next(line for line in costs.lines if line.id == PEOPLE_LINE)
    by_device = any(line.own_machines for line in costs.lines)
    approach = costs.approach
    return Alternative(
        id=approach,
        title=OWN_TITLES[approach] if by_device else TITLES[approach],
        one_off=_list_lines(costs, spreads, ("once",)),
        monthly=_list_lines(costs, spreads, ("month", "use")),
        one_off_total=_add_one_off_costs(costs, spreads),
        missing=missing,
        person_months=compute_spread(
            partial(compute_person_months, approach), people.figures, spreads
        ),
        benefit_share=spreads[BENEFIT_SHARES[approach]].base,
        break_even_volume=find_break_even(VOLUME, costs, spreads),
        outcomes=None if missing else compute_outcomes(costs, spreads, figures),
        equal_at=_find_equal_share(costs, planned, get_base_values(spreads)) if known else None,
        why=OWN_WHYS[approach] if by_device else WHYS[approach],
    )


def _find_equal_share(costs: ApproachCosts, planned: ApproachCosts, values: Values) -> float | None:
    """Return the share of the full benefit with which an approach earns what fine-tuning does."""
    weights = weigh_amounts(read_timing(values))
    amounts = costs.compute_amounts({**values, BENEFIT_SHARES[costs.approach]: 1.0})
    worth = amounts.benefit * weights.use
    if worth <= 0:
        return None
    cost = worth - compute_npv(amounts, weights)
    return round((estimate_npv(planned, values) + cost) / worth, 4)
