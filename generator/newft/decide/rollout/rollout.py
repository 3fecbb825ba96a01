"""Plan the rollout: what holds for every domain, and what the domain and its task add."""

from __future__ import annotations

from dataclasses import replace

from newft.decide.rollout.sample_size import (
    count_rows_for_change,
    count_rows_for_pairs,
    count_rows_for_target,
)
from newft.decide.split_reasons import count_held_out_rows
from newft.schema.dataset import DataFacts
from newft.schema.kit import Kit, Task
from newft.schema.reasoned import Reasoned, Sourced, as_citation
from newft.schema.rollout import (
    PRIMARY_METRIC,
    DatedRule,
    Hypothesis,
    HypothesisRule,
    PairedTest,
    Role,
    Rollout,
    RolloutRules,
)
from newft.text import Text

EXPERT_ROLE = "domain_expert"  # whom each domain calls by another name
_SEVERITIES = ("must", "should")


def plan_rollout(kit: Kit, task_id: str, data: DataFacts, rules: RolloutRules) -> Rollout:
    """Plan phases, roles, hypotheses, duties and risks of a project."""
    hypotheses, task = {**rules.hypotheses, **kit.hypotheses}, kit.tasks[task_id]
    duties = sorted(
        (one for one in kit.compliance.values() if task_id in (one.tasks or (task_id,))),
        key=lambda one: _SEVERITIES.index(one.severity),
    )
    return Rollout(
        phases=tuple(rules.phases.values()),
        roles={name: _name_role(name, role, kit) for name, role in rules.roles.items()},
        small_team=tuple(rules.small_team.values()),
        hypotheses=tuple(
            _make_hypothesis(name, _choose_unit(one, task), rules.paired_test)
            for name, one in hypotheses.items()
            if task_id in (one.tasks or (task_id,))
        ),
        compliance=tuple(duties),
        risks=(*kit.risks, *rules.risks),
        triggers=rules.triggers,
        kill_switch=_describe_kill_switch(rules.kill_switch, kit.kill_switch),
        test_rows=count_held_out_rows(data)[1],
        as_of=_find_newest_date(tuple(duties)),
    )


def _name_role(name: str, role: Role, kit: Kit) -> Role:
    if name != EXPERT_ROLE or kit.expert is None:
        return role
    (en, zh), expert = role.title, kit.expert
    return replace(role, title=Text(f"{en} ({expert.en})", f"{zh}（{expert.zh}）"))


def _describe_kill_switch(general: Text, instead: Text | None) -> Text:
    if instead is None:
        return general
    return Text(f"{general.en} Here: {instead.en}.", f"{general.zh}本项目中：{instead.zh}。")


def _choose_unit(rule: HypothesisRule, task: Task) -> HypothesisRule:
    """Choose the unit of a claim about the primary metric, which need not be a share of rows."""
    if rule.metric == PRIMARY_METRIC and task.primary_metric:
        return replace(rule, unit="score")
    return rule


def _make_hypothesis(name: str, rule: HypothesisRule, paired_test: PairedTest) -> Hypothesis:
    return Hypothesis(
        id=name,
        claim=rule.claim,
        metric=rule.metric,
        against=rule.against,
        unit=rule.unit,
        direction=rule.direction,
        today=_to_reasoned(rule.today),
        target=_to_reasoned(paired_test.difference if rule.against else rule.target),
        sample_size=_count_rows(rule, paired_test),
    )


def _count_rows(rule: HypothesisRule, paired_test: PairedTest) -> Reasoned[int] | None:
    """Count the rows that decide a hypothesis; None where no figure tells how many."""
    if rule.unit != "share":
        return None
    if rule.against:
        return count_rows_for_pairs(paired_test)
    if rule.target is None:
        return None
    if rule.today:
        return count_rows_for_change(rule.today.value, rule.target.value)
    return count_rows_for_target(rule.target.value, at_least=rule.direction == "at_least")


def _to_reasoned(sourced: Sourced[float] | None) -> Reasoned[float] | None:
    if sourced is None:
        return None
    return Reasoned(sourced.value, sourced.why, as_citation(sourced.source))


def _find_newest_date(duties: tuple[DatedRule, ...]) -> str | None:
    return max((one.as_of for one in duties), default=None)
