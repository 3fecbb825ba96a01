"""What a rollout promises: gates that others approve, claims with the rows that decide them."""

from __future__ import annotations

import re
from dataclasses import replace
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.catalog.rollout_rules import find_hypothesis_faults, load_rollout_rules
from newft.decide.plan import make_plan
from newft.decide.rollout.effort import sum_effort
from newft.decide.rollout.rollout import plan_rollout
from newft.decide.rollout.sample_size import (
    count_rows_for_change,
    count_rows_for_pairs,
    count_rows_for_target,
)
from newft.decide.split_reasons import compute_wilson_interval
from newft.errors import CatalogError
from newft.paths import get_domains_folder, get_templates_folder
from newft.schema.kit import Kit
from newft.schema.reasoned import Sourced
from newft.schema.roi import Spread
from newft.schema.rollout import HypothesisRule, PairedTest, Rollout
from newft.text import Text
from support.decide_examples import ANSWERS, CPU, facts
from support.decide_examples import CATALOG as SMALL_CATALOG

CATALOG = load_catalog()
RULES_FILE = get_templates_folder() / "rollout.yaml"
TASKS = [(kit, task) for kit in CATALOG.kits.values() for task in kit.tasks]
SHARE = st.floats(0.05, 0.95)
CLAIM = Text("outputs that can be read", "输出可解析的比例")


def sourced(value: float) -> Sourced[float]:
    return Sourced(value, Text("a rule", "规则"), "rule of newft")


def rollout_of(kit: Kit, task: str) -> Rollout:
    return plan_rollout(kit, task, facts().data, CATALOG.rollout)


def compute_power(rows: int, before: float, after: float) -> float:
    """The power of the exact one-sided test at 2.5 %, of a share that rises."""

    def tail(least: int, share: float) -> float:
        return sum(
            comb(rows, hits) * share**hits * (1 - share) ** (rows - hits)
            for hits in range(least, rows + 1)
        )

    critical = next(least for least in range(rows + 2) if tail(least, before) <= 0.025)
    return tail(critical, after)


@pytest.mark.parametrize(("kit", "task"), TASKS, ids=lambda one: getattr(one, "id", one))
def test_whoever_builds_never_approves(kit: Kit, task: str) -> None:
    rollout = rollout_of(kit, task)
    for phase in rollout.phases:
        approving = [role for role, duty in phase.duties.items() if duty == "approves"]
        assert approving
        assert not any(rollout.roles[role].builds for role in approving)
        assert phase.gates
        assert {*phase.staff, *phase.duties} <= {*rollout.roles}
    assert {role.builds for role in rollout.small_team} == {True, False}


@pytest.mark.parametrize(("kit", "task"), TASKS, ids=lambda one: getattr(one, "id", one))
def test_every_duty_has_a_date_and_every_figure_a_source(kit: Kit, task: str) -> None:
    rollout = rollout_of(kit, task)
    assert rollout.compliance
    assert rollout.as_of == max(one.as_of for one in rollout.compliance)
    weights = [one.severity for one in rollout.compliance]
    assert weights == sorted(weights)  # must, then should
    for one in rollout.hypotheses:
        for value in (one.today, one.target, one.sample_size):
            assert value is None or (value.why.en and value.why.zh and value.source.en)
    assert kit.expert
    assert kit.expert.en in rollout.roles["domain_expert"].title.en
    assert kit.kill_switch
    assert kit.kill_switch.zh in rollout.kill_switch.zh


@pytest.mark.parametrize(("kit", "task"), TASKS, ids=lambda one: getattr(one, "id", one))
def test_who_trains_with_other_rows_or_labels_is_told_to_name_another_run(
    kit: Kit, task: str
) -> None:
    """`make train` refuses a run whose rows or settings have changed."""
    rollout = rollout_of(kit, task)
    responses = [one.response for one in (*rollout.risks, *rollout.triggers)]
    changing = re.compile(r"relabel|add the|drop the|remove the")
    trained = [one for one in responses if changing.search(one.en) and "train" in one.en]
    assert len(trained) >= 3
    for one in trained:
        assert "`run.name`" in one.en and "`run.name`" in one.zh


@pytest.mark.parametrize(("kit", "task"), TASKS, ids=lambda one: getattr(one, "id", one))
def test_rows_are_counted_for_the_test_by_which_the_models_are_compared(
    kit: Kit, task: str
) -> None:
    chosen = kit.tasks[task]
    overlay = get_domains_folder().joinpath(*_find_overlay(kit, task))
    code = (overlay / "src/package_name/metrics.py").read_text(encoding="utf-8")
    primary = re.search(r'^PRIMARY_METRICS = \("(\w+)"', code, re.MULTILINE)
    assert primary
    counted = re.search(rf'"{primary[1]}": mcnemar\(', code) is not None
    metric = chosen.primary_metric
    assert (primary[1] if metric is None else metric.name) == primary[1]
    assert (metric is None) == counted
    for one in rollout_of(kit, task).hypotheses:
        if one.against:
            assert (one.unit, one.sample_size is not None) == (
                ("share", True) if counted else ("score", False)
            )


def _find_overlay(kit: Kit, task: str) -> tuple[str, str, str]:
    domain, name = (kit.tasks[task].overlay_of or f"{kit.id}/{task}").split("/")
    return domain, "overlay", name


def test_the_claims_of_the_article_are_hypotheses() -> None:
    claims = {
        one.id: one for one in rollout_of(CATALOG.kits["customer_service"], "intent").hypotheses
    }
    figures = {
        name: (one.today and one.today.value, one.target and one.target.value)
        for name, one in claims.items()
    }
    assert figures["accuracy"] == (0.85, 0.95)
    assert figures["response_time"] == (30, 3)
    assert figures["human_share"] == (0.6, 0.15)
    size = claims["accuracy"].sample_size
    assert size is not None
    assert size.value == 79
    assert compute_power(size.value, 0.85, 0.95) > 0.7  # the formula is a normal approximation


@pytest.mark.parametrize(("before", "after"), [(0.5, 0.6), (0.7, 0.8), (0.3, 0.45)])
def test_so_many_rows_find_the_change(before: float, after: float) -> None:
    rows = count_rows_for_change(before, after).value
    assert compute_power(rows, before, after) == pytest.approx(0.8, abs=0.05)


@given(before=SHARE, after=SHARE)
def test_a_smaller_change_needs_more_rows(before: float, after: float) -> None:
    if abs(after - before) < 0.02:
        return
    halfway = (before + after) / 2
    assert (
        count_rows_for_change(before, halfway).value >= count_rows_for_change(before, after).value
    )


@given(target=st.floats(0.5, 0.999))
def test_a_flawless_result_of_so_many_rows_reaches_the_target(target: float) -> None:
    size = count_rows_for_target(target, at_least=True)
    assert size is not None
    low, _ = compute_wilson_interval(size.value, size.value)
    assert low == pytest.approx(target, abs=2 / size.value) and low >= target - 1e-4
    below = count_rows_for_target(1 - target, at_least=False)
    assert below is not None
    assert abs(below.value - size.value) <= 1


def test_no_number_of_rows_shows_that_nothing_ever_fails() -> None:
    assert count_rows_for_target(1.0, at_least=True) is None
    assert count_rows_for_target(0.0, at_least=False) is None


@given(gain=st.floats(0.01, 0.2), apart=st.floats(0.21, 1))
def test_models_that_differ_more_often_need_more_rows(gain: float, apart: float) -> None:
    few = count_rows_for_pairs(PairedTest(sourced(gain), sourced(0.2))).value
    assert count_rows_for_pairs(PairedTest(sourced(gain), sourced(apart))).value >= few


@pytest.mark.parametrize(
    "rule",
    [
        HypothesisRule(CLAIM, metric="readable"),
        HypothesisRule(CLAIM, against="base"),
        HypothesisRule(CLAIM, metric="readable", against="base", target=sourced(0.9)),
        HypothesisRule(CLAIM, metric="readable", target=sourced(98)),
        HypothesisRule(CLAIM, target=sourced(0.5), today=sourced(0.6)),
        HypothesisRule(CLAIM, target=sourced(0.6), today=sourced(0.5), direction="at_most"),
    ],
)
def test_a_claim_that_nothing_can_decide_is_a_fault(rule: HypothesisRule) -> None:
    assert len([*find_hypothesis_faults({"one": rule})]) == 1


def test_a_builder_who_approves_is_refused_with_the_line(tmp_path: Path) -> None:
    text = RULES_FILE.read_text(encoding="utf-8")
    file = tmp_path / "rollout.yaml"
    file.write_text(text.replace("ml_engineer: responsible", "ml_engineer: approves"), "utf-8")
    with pytest.raises(CatalogError) as caught:
        load_rollout_rules(file)
    assert caught.value.where.startswith(f"{file}:")
    assert "`phases.baseline.duties.ml_engineer` builds" in caught.value.texts[0].en


def test_what_a_kit_says_counts_beside_its_domain() -> None:
    kit = CATALOG.kits["legal"]
    rule = HypothesisRule(CLAIM, tasks=("charge",), metric="readable", target=sourced(0.9))
    kit = replace(kit, hypotheses={**kit.hypotheses, "readable": rule})
    found = {one.id: one for one in rollout_of(kit, "charge").hypotheses}
    assert found["readable"].target is not None
    assert found["readable"].target.value == 0.9
    others = {one.id: one for one in rollout_of(kit, "clause").hypotheses}
    assert "readable" not in others


def test_a_plan_says_one_thing_of_months_and_people() -> None:
    phases = [
        replace(phase, months=(1, 2), staff={"a": (0.5, 1), "b": (1, 1)})
        for phase in list(CATALOG.rollout.phases.values())[:3]
    ]
    effort = sum_effort(phases)  # the last of them serves all traffic
    assert effort.months == Spread(2, 3, 4)
    assert effort.person_months == Spread(3, 5.5, 8)
    plan = make_plan(ANSWERS, facts(), SMALL_CATALOG, CPU)
    shipped = sum_effort(plan.rollout.phases)
    assert plan.roi.figures["build_months"].spread.value == shipped.months
    assert plan.roi.figures["person_months"].spread.value == shipped.person_months
