"""Score the approaches by what is known, and say what would change the recommendation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newft.decide.advice.article_rule import (
    choose_by_first_match,
    explain_first_match,
    find_article_conditions,
)
from newft.decide.advice.conditions import Values, describe_value, holds
from newft.decide.advice.ranges import group_candidates, list_candidates, merge_candidates
from newft.schema.advice import (
    Advice,
    AdviceRules,
    Approach,
    Contribution,
    FactorCondition,
    FactorValues,
    Flip,
    Veto,
)
from newft.schema.reasoned import as_citation
from newft.text import Text, join_texts


def make_advice(known: FactorValues, rules: AdviceRules) -> Advice:
    """Recommend the approach with most points among those that are not ruled out."""
    values = {factor: one.value for factor, one in known.items()}
    scores = _compute_scores(values, rules)
    contributions = tuple(_list_contributions(values, rules))
    vetoes = tuple(_list_vetoes(values, rules))
    recommendation, runner_up = _rank(scores, _find_ruled_out(values, rules))
    flips = tuple(_find_flips(values, rules, recommendation))
    changing = {flip.factor for flip in flips}
    conditions = find_article_conditions(values)
    unknown = [factor for factor in rules.factors if factor not in values]
    return Advice(
        recommendation=recommendation,
        runner_up=runner_up,
        titles=rules.approaches,
        factor_titles={name: factor.title for name, factor in rules.factors.items()},
        scores=scores,
        contributions=contributions,
        vetoes=vetoes,
        flips=flips,
        known={factor: known[factor] for factor in rules.factors if factor in known},
        unknown=tuple(sorted(unknown, key=lambda factor: factor not in changing)),
        first_match_rule=choose_by_first_match(conditions),
        first_match_why=explain_first_match(conditions),
        why=_explain(recommendation, runner_up, scores, contributions, vetoes, rules),
    )


def _compute_scores(values: Values, rules: AdviceRules) -> dict[Approach, int]:
    scores = dict.fromkeys(rules.approaches, 0)
    for rule in rules.rules.values():
        if holds(rule.when, values):
            for approach, points in rule.points.items():
                scores[approach] += points
    return scores


def _find_ruled_out(values: Values, rules: AdviceRules) -> frozenset[Approach]:
    return frozenset(
        approach
        for veto in rules.vetoes.values()
        if holds(veto.when, values)
        for approach in veto.approaches
    )


def _rank(
    scores: Mapping[Approach, int], ruled_out: frozenset[Approach]
) -> tuple[Approach, Approach | None]:
    """Return the best approach and the second; the order of the scores is that of effort."""
    left = [approach for approach in scores if approach not in ruled_out]
    first, *others = sorted(left, key=lambda approach: -scores[approach])
    return first, others[0] if others else None


def _list_contributions(values: Values, rules: AdviceRules) -> Iterator[Contribution]:
    for name, rule in rules.rules.items():
        if holds(rule.when, values):
            value = _describe_values(rule.when, values, rules)
            for approach in rules.approaches:
                if points := rule.points.get(approach):
                    yield Contribution(
                        rule=name,
                        factors=_list_factors(rule.when),
                        value=value,
                        approach=approach,
                        points=points,
                        why=rule.why,
                        source=as_citation(rule.source),
                    )


def _list_vetoes(values: Values, rules: AdviceRules) -> Iterator[Veto]:
    for name, veto in rules.vetoes.items():
        if holds(veto.when, values):
            for approach in veto.approaches:
                yield Veto(name, approach, veto.why, veto.first, as_citation(veto.source))


def _list_factors(when: Mapping[str, FactorCondition]) -> tuple[str, ...]:
    """Return the factors that a rule asks for, with those that it compares them with."""
    compared = (one.at_least_factor for one in when.values() if one.at_least_factor)
    return tuple(dict.fromkeys((*when, *compared)))


def _describe_values(
    when: Mapping[str, FactorCondition], values: Values, rules: AdviceRules
) -> Text:
    shown = (describe_value(rules.factors[name], values[name]) for name in _list_factors(when))
    return join_texts(shown, Text("; ", "；"))


def _find_flips(values: Values, rules: AdviceRules, recommendation: Approach) -> Iterator[Flip]:
    """Yield what would change the recommendation, one factor at a time, unknown factors first.

    What the task is does not change: with another one, the question would be another too.
    """
    changeable = [
        name for name, one in rules.factors.items() if name not in values or not one.defines_task
    ]
    for factor in sorted(changeable, key=lambda name: name in values):
        entry, outcomes = rules.factors[factor], []
        for candidate in list_candidates(factor, rules, values):
            changed = {**values, factor: candidate.value}
            ruled_out = _find_ruled_out(changed, rules)
            outcomes.append((candidate, _rank(_compute_scores(changed, rules), ruled_out)[0]))
        for approach, candidates in group_candidates(entry, outcomes):
            if approach != recommendation:
                yield Flip(factor, merge_candidates(entry, candidates), approach)


def _explain(
    recommendation: Approach,
    runner_up: Approach | None,
    scores: Mapping[Approach, int],
    contributions: tuple[Contribution, ...],
    vetoes: tuple[Veto, ...],
    rules: AdviceRules,
) -> Text:
    """Explain the recommendation in one sentence."""
    title, score = rules.approaches[recommendation], scores[recommendation]
    for_it = [one for one in contributions if one.approach == recommendation and one.points > 0]
    if for_it:
        best = max(for_it, key=lambda one: one.points)
        said = Text(f"{title.en}: {best.why.en}", f"{title.zh}：{best.why.zh}")
        if runner_up and scores[runner_up] == score:
            equal = rules.approaches[runner_up]
            said = Text(
                f"{said.en}; {equal.en} has as many points and takes more effort",
                f"{said.zh}；{equal.zh}得分相同，但投入更大",
            )
    elif contributions or vetoes:
        said = Text(
            f"{title.en}: of what is not ruled out, nothing with less effort has more points",
            f"{title.zh}：在未被排除的方案中，得分不低且投入最少",
        )
    else:
        said = Text(
            f"{title.en}: the least effort, as nothing is known yet that speaks for more",
            f"{title.zh}：目前没有信息支持更大的投入，先从投入最少的做起",
        )
    better = [veto for veto in vetoes if scores[veto.approach] > score]
    if not better:
        return said
    veto = max(better, key=lambda one: scores[one.approach])
    other, points = rules.approaches[veto.approach], scores[veto.approach]
    return Text(
        f"{said.en}; {other.en} has more points ({points}) but is ruled out: {veto.why.en}",
        f"{said.zh}；{other.zh}得分更高（{points}），但已被排除：{veto.why.zh}",
    )
