"""The tables of PLAN.md about budget and return."""

from __future__ import annotations

from collections.abc import Mapping

from newft.figure_text import format_money, format_share
from newft.project.markdown_cells import NO_VALUE, format_cell, format_range, format_spread
from newft.schema.advice import PLANNED, Advice, Approach
from newft.schema.roi import (
    SCENARIOS,
    Alternative,
    CostLine,
    FigureOrigin,
    Outcome,
    Roi,
    Scenario,
    UsedFigure,
)
from newft.schema.rollout import ComparedModel
from newft.text import Language, Text

MAX_SENSITIVITY_ROWS = 10  # as many as the chart has
_ORIGINS: Mapping[FigureOrigin, Text] = {
    "team": Text("given by the team", "团队提供"),
    "project": Text("of this project", "取自本项目"),
    "default": Text("default: edit me", "默认值，请修改"),
}
_PLANNED_WHY = Text("the figures above", "即上文的数字")
_MEASURED_APPROACHES: Mapping[ComparedModel, Approach] = {"base": "prompt", "baseline": "classical"}
NOTHING = "nothing"  # the alternative that earns 0
_NO_PAYBACK = Text("not within the horizon", "期限内收不回")
_MISSING = Text("figures are missing", "缺少数据")


def build_money_tables(roi: Roi, advice: Advice, language: Language) -> dict[str, object]:
    """Build budget, outcomes, sensitivity, alternatives and the figures behind them."""
    return {
        "currency": format_cell(roi.currency),
        "horizon": str(roi.horizon_months),
        "missing": [f"`roi.{name}`" for name in roi.missing],
        "one_off": [_list_cost_cells(line, language) for line in roi.one_off],
        "monthly": [_list_cost_cells(line, language) for line in roi.monthly],
        "has_outcomes": roi.outcomes is not None,
        "outcomes": _list_outcome_rows(roi.outcomes, language) if roi.outcomes else [],
        "simple": _describe_simple_formula(roi, language),
        "simple_why": format_cell(roi.simple_formula_why, language),
        "has_notes": any((roi.simple_formula, roi.break_even_volume, roi.break_even_containment)),
        "break_even_volume": None
        if roi.break_even_volume is None
        else _format_volume(roi.break_even_volume),
        "break_even_containment": None
        if roi.break_even_containment is None
        else format_share(roi.break_even_containment, language),
        "sensitivity": [
            [
                format_cell(one.title, language),
                f"`roi.{one.figure}`",
                format_money(one.npv_at_low),
                format_money(one.npv_at_high),
                format_money(abs(one.npv_at_high - one.npv_at_low)),
            ]
            for one in roi.sensitivity[:MAX_SENSITIVITY_ROWS]
        ],
        "alternatives": _list_approach_rows(roi, advice, language),
        "same_benefit": len({roi.benefit_share, *_list_benefit_shares(roi)}) == 1,
        "assumed_benefits": _compare_benefits(roi),
        "recommended": _describe_recommended(roi, advice, language),
        "figures": [
            [
                f"`roi.{name}`",
                format_cell(one.title, language),
                *format_spread(one.spread.value, one.unit, language),
                _ORIGINS[one.origin].to(language),
                *_list_reason_cells(one, language),
            ]
            for name, one in roi.figures.items()
        ],
    }


def _list_benefit_shares(roi: Roi) -> list[float]:
    return [one.benefit_share for one in roi.alternatives if one.id != NOTHING]


def _compare_benefits(roi: Roi) -> dict[str, str]:
    """Say whether the models of an evaluation are counted with as much benefit as fine-tuning."""
    counted = {one.id: one.benefit_share - roi.benefit_share for one in roi.alternatives}
    more = {model: counted.get(approach, 0.0) for model, approach in _MEASURED_APPROACHES.items()}
    return {
        model: "same" if not difference else "more" if difference > 0 else "less"
        for model, difference in more.items()
    }


def _describe_recommended(roi: Roi, advice: Advice, language: Language) -> dict[str, object] | None:
    """Describe budget and return of what is recommended, unless it is fine-tuning."""
    for one in roi.alternatives:
        if one.id == advice.recommendation and one.person_months and not advice.nothing_known:
            people = one.person_months
            return {
                "title": format_cell(one.title, language),
                "why": format_cell(one.why, language),
                "person_months": format_range(
                    (round(people.low, 1), round(people.high, 1)), language
                ),
                "one_off": [_list_cost_cells(line, language) for line in one.one_off],
                "monthly": [_list_cost_cells(line, language) for line in one.monthly],
                "outcomes": _list_outcome_rows(one.outcomes, language) if one.outcomes else [],
                "missing": [f"`roi.{name}`" for name in one.missing],
            }
    return None


def _list_reason_cells(one: UsedFigure, language: Language) -> list[str]:
    """Say why a figure has its value and where it is from, which of a given one is said already."""
    if one.origin == "team":
        return [NO_VALUE, NO_VALUE]
    return [format_cell(text, language) for text in (one.spread.why, one.spread.source)]


def _list_cost_cells(line: CostLine, language: Language) -> list[str]:
    return [
        format_cell(line.title, language),
        *format_spread(line.amount, "money", language),
        format_share(line.share, language),
    ]


def _list_outcome_rows(outcomes: Mapping[Scenario, Outcome], language: Language) -> list[list[str]]:
    """List NPV, return and payback, each in the three scenarios."""
    listed = [outcomes[name] for name in SCENARIOS]
    return [
        [Text("Net present value", "净现值 NPV").to(language)]
        + [format_money(one.npv) for one in listed],
        [Text("Return on investment", "投资回报率 ROI").to(language)]
        + [format_share(one.roi, language) for one in listed],
        [Text("Payback", "回本").to(language)]
        + [_format_payback(one.payback_month, language) for one in listed],
    ]


def _format_payback(month: int | None, language: Language) -> str:
    if month is None:
        return _NO_PAYBACK.to(language)
    return f"第 {month} 个月" if language == "zh" else f"month {month}"


def _format_total(cost: float | None, language: Language) -> str:
    return _MISSING.to(language) if cost is None else format_money(cost)


def _format_volume(requests: float | None) -> str:
    return NO_VALUE if requests is None else f"{requests:,.0f}"


def _list_approach_rows(roi: Roi, advice: Advice, language: Language) -> list[list[str]]:
    """List fine-tuning and the other approaches; the one that is recommended in bold."""

    def format_title(title: Text, approach: str) -> str:
        shown = format_cell(title, language)
        recommended = approach == advice.recommendation and not advice.nothing_known
        return f"**{shown}**" if recommended else shown

    planned = [
        format_title(advice.titles[PLANNED], PLANNED),
        _format_total(roi.one_off_total, language),
        format_share(roi.benefit_share, language),
        _format_volume(roi.break_even_volume),
        *_list_npv_cells(roi.outcomes, language),
        _PLANNED_WHY.to(language),
    ]
    others = [
        [
            format_title(one.title, one.id),
            _format_total(one.one_off_total, language),
            NO_VALUE if one.id == NOTHING else format_share(one.benefit_share, language),
            _format_volume(one.break_even_volume),
            *_list_npv_cells(one.outcomes, language, earns=one.id != NOTHING),
            _explain_alternative(one, language),
        ]
        for one in roi.alternatives
    ]
    return [planned, *others]


def _list_npv_cells(
    outcomes: Mapping[Scenario, Outcome] | None, language: Language, *, earns: bool = True
) -> list[str]:
    if outcomes is None:
        return [NO_VALUE] * (len(SCENARIOS) + 1)
    payback = _format_payback(outcomes["base"].payback_month, language)
    cells = [format_money(outcomes[name].npv) for name in SCENARIOS]
    return [*cells, payback if earns else NO_VALUE]


def _explain_alternative(one: Alternative, language: Language) -> str:
    """Say why it costs what it costs, and with how much of the benefit it is as good."""
    why = format_cell(one.why, language)
    if one.equal_at is None:
        return why
    if one.equal_at <= 0:
        better = Text("costs less than fine-tuning loses", "成本低于微调的亏损")
        return f"{why}；{better.zh}" if language == "zh" else f"{why}; {better.en}"
    share = format_share(one.equal_at, language)
    return (
        f"{why}；实现全部收益的 {share} 时与微调持平"
        if language == "zh"
        else f"{why}; earns as much as fine-tuning if it reaches {share} of the full benefit"
    )


def _describe_simple_formula(roi: Roi, language: Language) -> dict[str, str] | None:
    simple = roi.simple_formula
    if simple is None:
        return None
    months = NO_VALUE if simple.payback_months is None else f"{simple.payback_months:.1f}"
    return {"roi": format_share(simple.roi, language), "months": months}
