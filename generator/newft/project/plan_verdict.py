"""The tables of PLAN.md about the advice."""

from __future__ import annotations

from collections.abc import Mapping

from newft.project.markdown_cells import format_cell
from newft.schema.advice import PLANNED, RETRIEVING, Advice, Approach, Standing
from newft.text import Language, Text
from newft.text_layout import NO_BREAK_SPACE

_STANDINGS: Mapping[Standing, Text] = {
    "recommended": Text("recommended", "建议采用"),
    "first": Text("to begin with", "先做"),
    "runner_up": Text("runner-up", "次选"),
    "ruled_out": Text("ruled out", "已排除"),
    "other": Text("", ""),
}
_JOIN = Text(", ", "、")


def build_advice_tables(advice: Advice, language: Language) -> dict[str, object]:
    """Build the decision record: scores, contributions, vetoes, flips, unknown factors."""

    def name(approach: Approach) -> str:
        return format_cell(advice.titles[approach], language)

    def mark(approach: Approach) -> str:
        return _STANDINGS[advice.get_standing(approach)].to(language)

    return {
        "nothing_known": advice.nothing_known,
        "recommendation": name(advice.recommendation),
        "runner_up": name(advice.runner_up) if advice.runner_up else None,
        "advice_why": format_cell(advice.why, language),
        "first_match_rule": name(advice.first_match_rule),
        "first_match_why": format_cell(advice.first_match_why, language),
        "first_match_differs": advice.first_match_rule != advice.recommendation,
        "scores": [
            [name(approach), f"{points:+d}" if points else "0", mark(approach)]
            for approach, points in advice.rank_scores()
        ],
        "recommends_other": advice.recommendation != PLANNED and not advice.nothing_known,
        "retrieves": advice.recommendation in RETRIEVING,
        "contributions": _list_rule_rows(advice, language),
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
        "unknown": [
            f"{format_cell(advice.factor_titles[factor], language)} (`advice.{factor}`)"
            if language == "en"
            else f"{format_cell(advice.factor_titles[factor], language)}（`advice.{factor}`）"
            for factor in advice.unknown
        ],
    }


def _list_rule_rows(advice: Advice, language: Language) -> list[list[str]]:
    """List each rule that holds: the facts that it asks for, the points that it gives, and why."""
    join = _JOIN.to(language).join
    return [
        [
            join(format_cell(advice.factor_titles[factor], language) for factor in rule.factors),
            format_cell(rule.value, language),
            join(
                f"{format_cell(advice.titles[one.approach], language)}{NO_BREAK_SPACE}"
                f"{one.points:+d}"
                for one in given
            ),
            format_cell(rule.why, language),
            format_cell(rule.source, language),
        ]
        for given in advice.group_contributions()
        for rule in given[:1]
    ]
