"""The JSON object of `newft advise --json`."""

from __future__ import annotations

from newft.console.json_output import Json
from newft.schema.advice import Advice
from newft.schema.plan import Plan
from newft.schema.roi import Outcome, Roi, Spread
from newft.text import Language


def report_advice_json(plan: Plan, language: Language) -> Json:
    """Return the advice and the return on investment; texts are in the interface's language."""
    return {
        "advice": _advice_to_json(plan.advice, language),
        "roi": _roi_to_json(plan.roi, language),
    }


def _advice_to_json(advice: Advice, language: Language) -> Json:
    return {
        "recommendation": advice.recommendation,
        "runner_up": advice.runner_up,
        "why": advice.why.to(language),
        "scores": {option: advice.scores[option] for option in advice.titles},
        "contributions": [
            {
                "rule": one.rule,
                "factor": ", ".join(one.factors),
                "value": one.value.to(language),
                "option": one.approach,
                "points": one.points,
                "why": one.why.to(language),
                "source": one.source.to(language),
            }
            for one in advice.contributions
        ],
        "vetoes": [
            {
                "rule": veto.rule,
                "option": veto.approach,
                "why": veto.why.to(language),
                "first": veto.first.to(language),
                "source": veto.source.to(language),
            }
            for veto in advice.vetoes
        ],
        "flips": [
            {
                "factor": flip.factor,
                "value": flip.value.to(language),
                "recommendation": flip.recommendation,
            }
            for flip in advice.flips
        ],
        "known": {
            name: {
                "value": known.value,
                "why": known.why.to(language),
                "source": known.source.to(language),
            }
            for name, known in advice.known.items()
        },
        "unknown": list(advice.unknown),
        "first_match_rule": advice.first_match_rule,
        "first_match_why": advice.first_match_why.to(language),
    }


def _roi_to_json(roi: Roi, language: Language) -> Json:
    """Return the scenarios, null where figures are missing, and the figures they rest on."""
    outcomes, simple = roi.outcomes, roi.simple_formula
    return {
        **{
            name: _outcome_to_json(outcomes[name]) if outcomes else None
            for name in ("low", "base", "high")
        },
        "simple_formula": {"roi": simple.roi, "payback_months": simple.payback_months}
        if simple
        else None,
        "currency": roi.currency,
        "horizon_months": roi.horizon_months,
        "benefit": roi.benefit,
        "missing": list(roi.missing),
        "break_even_volume": roi.break_even_volume,
        "break_even_containment": roi.break_even_containment,
        "figures": {
            name: {
                **_spread_to_json(figure.spread.value),
                "origin": figure.origin,
                "why": figure.spread.why.to(language),
                "source": figure.spread.source.to(language),
            }
            for name, figure in roi.figures.items()
        },
        "one_off": {line.id: _spread_to_json(line.amount) for line in roi.one_off},
        "monthly": {line.id: _spread_to_json(line.amount) for line in roi.monthly},
        "sensitivity": [
            {"figure": one.figure, "npv_at_low": one.npv_at_low, "npv_at_high": one.npv_at_high}
            for one in roi.sensitivity
        ],
        "alternatives": {
            one.id: {name: _outcome_to_json(part) for name, part in one.outcomes.items()}
            if one.outcomes
            else None
            for one in roi.alternatives
        },
    }


def _outcome_to_json(outcome: Outcome) -> dict[str, Json]:
    return {"npv": outcome.npv, "roi": outcome.roi, "payback_month": outcome.payback_month}


def _spread_to_json(spread: Spread) -> dict[str, Json]:
    return {"low": spread.low, "base": spread.base, "high": spread.high}
