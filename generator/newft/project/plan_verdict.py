"""The tables of PLAN.md about the advice."""

from __future__ import annotations

from newft.project.markdown_cells import format_cell
from newft.schema.advice import Advice, Approach
from newft.text import Language, Text

_RULED_OUT = Text("ruled out", "已排除")
_RECOMMENDED = Text("recommended", "建议采用")
_RUNNER_UP = Text("runner-up", "次选")
_JOIN = Text(", ", "、")


def build_advice_tables(advice: Advice, language: Language) -> dict[str, object]:
    """Build the decision record: scores, contributions, vetoes, flips, unknown factors."""

    def name(approach: Approach) -> str:
        return format_cell(advice.titles[approach], language)

    ruled_out = {veto.approach for veto in advice.vetoes}

    def mark(approach: Approach) -> str:
        if approach == advice.recommendation:
            return _RECOMMENDED.to(language)
        if approach in ruled_out:
            return _RULED_OUT.to(language)
        return _RUNNER_UP.to(language) if approach == advice.runner_up else ""

    return {
        "recommendation": name(advice.recommendation),
        "runner_up": name(advice.runner_up) if advice.runner_up else None,
        "advice_why": format_cell(advice.why, language),
        "first_match_rule": name(advice.first_match_rule),
        "first_match_why": format_cell(advice.first_match_why, language),
        "first_match_differs": advice.first_match_rule != advice.recommendation,
        "scores": [
            [name(approach), f"{points:+d}" if points else "0", mark(approach)]
            for approach, points in sorted(advice.scores.items(), key=lambda one: -one[1])
        ],
        "contributions": [
            [
                _JOIN.to(language).join(
                    format_cell(advice.factor_titles[factor], language) for factor in one.factors
                ),
                format_cell(one.value, language),
                name(one.approach),
                f"{one.points:+d}",
                format_cell(one.why, language),
                format_cell(one.source, language),
            ]
            for one in advice.contributions
        ],
        "vetoes": [
            [
                name(one.approach),
                format_cell(one.why, language),
                format_cell(one.first, language),
                format_cell(one.source, language),
            ]
            for one in advice.vetoes
        ],
        "flips": [
            [
                format_cell(advice.factor_titles[one.factor], language),
                format_cell(one.value, language),
                name(one.recommendation),
            ]
            for one in advice.flips
        ],
        "unknown": [f"`advice.{factor}`" for factor in advice.unknown],
    }
