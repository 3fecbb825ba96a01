"""What a project costs and brings: cash flow, scenarios, break-even, other approaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog, load_figures
from newft.decide.plan import make_plan
from newft.decide.roi.cash_flow import (
    Amounts,
    Timing,
    compute_npv,
    compute_outcome,
    compute_simple_formula,
    list_adoption,
    weigh_amounts,
)
from newft.decide.roi.costs import BENEFIT_SHARES, LINES, compute_benefit, select_costs
from newft.errors import CatalogError, IncompatibleError, UsageError
from newft.schema.advice import Approach
from newft.schema.catalog import Catalog
from newft.schema.hardware import Hardware
from newft.schema.kit import Field
from newft.schema.roi import BenefitKind, Roi, Spread
from newft.text import Text
from support.decide_examples import ANSWERS, CATALOG, CPU, KIT, TASK, card, facts

FIGURES = CATALOG.figures
H100 = Hardware(load_catalog().accelerators["H100"])
VOLUME = {"requests_per_month": "20000"}
CASES = {  # what each kind of benefit needs besides its defaults
    "contacts": VOLUME,
    "hours": {
        "requests_per_month": "400",
        "handling_minutes": "60/90/120",
        "saved_share": "10%/20%/40%",
    },
    "losses": {
        "requests_per_month": "3000",
        "bad_share": "4%/6%/8%",
        "loss_per_case": "2000/4000/6000",
        "avoided_share": "2%/5%/10%",
    },
}


def catalog_of(benefit: BenefitKind, *, tabular: bool = False) -> Catalog:
    label = {"label": Field("label", Text("Label", "标签"), ("label",))}
    task = replace(TASK, fields=label) if tabular else TASK
    return replace(CATALOG, kits={KIT.id: replace(KIT, benefit=benefit, tasks={"intent": task})})


def roi(
    benefit: BenefitKind = "contacts",
    hardware: Hardware = H100,
    *,
    own_machines: bool = False,
    **figures: str,
) -> Roi:
    advice = {"offline": "yes"} if own_machines else {}
    answers = replace(ANSWERS, roi=figures, advice=advice)
    made = make_plan(answers, facts(), catalog_of(benefit), hardware).roi
    assert made is not None
    return made


def npv(made: Roi) -> float:
    assert made.outcomes is not None
    return made.outcomes["base"].npv


def without_own_price(**changes: Any) -> Roi | None:
    return make_plan(replace(ANSWERS, **changes), facts(), catalog_of("contacts"), H100).roi


# --- the cash flow -------------------------------------------------------------------------------

YEARS = Timing(horizon_months=36, build_months=0, adoption_months=6, discount_rate=0.10)


@pytest.mark.parametrize(
    ("benefit", "net", "share", "payback", "simple"),
    [
        (30_000, 367_729.79, 0.744, 11, (2.0, 4.0)),
        (15_000, -63_253.86, -0.128, None, (0.5, 8.0)),
    ],
)
def test_two_projects_that_were_computed_apart(
    benefit: float, net: float, share: float, payback: int | None, simple: tuple[float, float]
) -> None:
    amounts = Amounts(one_off=120_000, monthly_cost=12_000, request_cost=0, benefit=benefit)
    outcome = compute_outcome(amounts, YEARS)
    assert outcome.npv == net
    assert round(outcome.roi, 3) == share
    assert outcome.payback_month == payback
    assert outcome.cumulative[0] == -120_000
    assert outcome.cumulative[-1] == net
    formula = compute_simple_formula(amounts)
    assert (formula.roi, formula.payback_months) == simple


def test_the_one_off_cost_is_spread_over_the_months_of_building() -> None:
    amounts = Amounts(one_off=300, monthly_cost=0, request_cost=0, benefit=100)
    timing = Timing(horizon_months=12, build_months=3, adoption_months=0, discount_rate=0)
    outcome = compute_outcome(amounts, timing)
    assert outcome.cumulative == (0, -100, -200, -300, -200, -100, 0, *range(100, 700, 100))
    assert outcome.payback_month == 6


def test_use_grows_by_the_month_after_building() -> None:
    assert list_adoption(Timing(6, 2, 4, 0)) == [0, 0, 0, 0.25, 0.5, 0.75, 1]
    assert list_adoption(Timing(3, 0, 0, 0)) == [0, 1, 1, 1]


def test_nothing_is_paid_back_that_earns_nothing() -> None:
    outcome = compute_outcome(Amounts(1_000, 10, 0, 0), YEARS)
    assert outcome.payback_month is None
    assert outcome.npv < -1_000
    assert outcome.roi == -1
    assert compute_simple_formula(Amounts(1_000, 10, 0, 0)).payback_months is None
    assert compute_simple_formula(Amounts(1_000, 10, 0, -5)).payback_months is None


MONEY = st.floats(0, 1e7)
TIMINGS = st.builds(
    Timing,
    horizon_months=st.integers(12, 60),
    build_months=st.integers(0, 11),
    adoption_months=st.integers(0, 24),
    discount_rate=st.floats(0, 1),
)


@settings(max_examples=100)
@given(amounts=st.builds(Amounts, st.floats(1, 1e7), MONEY, MONEY, MONEY), timing=TIMINGS)
def test_the_weights_give_the_sum_of_the_months(amounts: Amounts, timing: Timing) -> None:
    by_month = compute_outcome(amounts, timing).npv
    assert compute_npv(amounts, weigh_amounts(timing)) == pytest.approx(by_month, abs=1, rel=1e-6)


# --- scenarios -----------------------------------------------------------------------------------


def spreads_of(name: str) -> st.SearchStrategy[str]:
    """Spreads that a figure may have, wide enough that the benefit may be negative."""
    figure = FIGURES[name]
    numbers: st.SearchStrategy[float] = {
        "share": st.floats(0, 1),
        "months": st.integers(0, 11).map(float),
        "multiple": st.floats(1, 3),
    }.get(figure.unit, st.floats(0.01, 10_000))
    ends = st.lists(numbers, min_size=3, max_size=3).map(sorted)
    return ends.map(lambda values: "/".join(repr(value) for value in values))


@pytest.mark.parametrize("benefit", get_args(BenefitKind))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_low_base_and_high_are_in_order(benefit: BenefitKind, data: st.DataObject) -> None:
    names = sorted(select_costs("finetune", benefit).needed - {"horizon_months"})
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=8))
    figures = {name: data.draw(spreads_of(name), label=name) for name in chosen}
    outcomes = roi(benefit, **{**CASES[benefit], **figures}).outcomes
    assert outcomes is not None
    assert outcomes["low"].npv <= outcomes["base"].npv <= outcomes["high"].npv


COSTS = sorted(
    name for name in select_costs("finetune", "contacts").needed if FIGURES[name].better == "low"
)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(COSTS), factor=st.floats(1, 3))
def test_a_higher_cost_never_raises_what_is_earned(name: str, factor: float) -> None:
    before = roi(**VOLUME)
    was = before.figures[name].spread.value
    most = 1.0 if FIGURES[name].unit == "share" else float("inf")
    more = "/".join(repr(min(most, one * factor)) for one in (was.low, was.base, was.high))
    after = roi(**VOLUME, **{name: more})
    assert before.outcomes is not None
    assert after.outcomes is not None
    for scenario, outcome in after.outcomes.items():
        assert outcome.npv <= before.outcomes[scenario].npv + 0.01


@pytest.mark.parametrize("benefit", get_args(BenefitKind))
def test_each_figure_moves_the_result_the_way_that_is_declared(benefit: BenefitKind) -> None:
    made = roi(benefit, **CASES[benefit])
    widths = [abs(one.npv_at_high - one.npv_at_low) for one in made.sensitivity]
    assert widths == sorted(widths, reverse=True)
    for one in made.sensitivity:
        better = FIGURES[one.figure].better
        assert better != "low" or one.npv_at_low >= one.npv_at_high, one.figure
        assert better != "high" or one.npv_at_low <= one.npv_at_high, one.figure


@settings(max_examples=10, deadline=None)
@given(rate=st.floats(0.01, 2_000))
def test_another_currency_changes_the_unit_alone(rate: float) -> None:
    dollars = roi(**VOLUME)
    other = roi(**VOLUME, currency="XTS", exchange_rate=repr(rate))
    assert other.currency == "XTS"
    assert npv(other) == pytest.approx(npv(dollars) * rate, rel=1e-6, abs=0.02)
    assert dollars.outcomes is not None
    assert other.outcomes is not None
    assert other.outcomes["base"].payback_month == dollars.outcomes["base"].payback_month
    assert other.outcomes["base"].roi == pytest.approx(dollars.outcomes["base"].roi, abs=1e-3)
    assert other.break_even_volume == pytest.approx(dollars.break_even_volume)


def test_a_currency_with_defaults_of_its_own_keeps_them() -> None:
    made = roi(**VOLUME, currency="CNY", exchange_rate="7")
    assert made.figures["salary"].spread.value == Spread(25_000, 40_000, 80_000)
    assert made.figures["contact_cost"].spread.value.base == pytest.approx(8.01 * 7)
    assert "1 is 7 CNY" in made.figures["contact_cost"].spread.why.en


# --- what is shown -------------------------------------------------------------------------------


def test_without_a_volume_nothing_is_invented() -> None:
    made = roi()
    assert made.missing == ("requests_per_month",)
    assert made.outcomes is None
    assert made.simple_formula is None
    assert made.sensitivity == ()
    assert {line.id for line in made.one_off} == {"people", "training", "evaluation"}
    assert {line.id for line in made.monthly} == {"serving", "operations", "retraining"}
    assert sum(line.share for line in made.one_off) == pytest.approx(1)
    assert made.break_even_volume is not None
    others = {one.id: one.outcomes for one in made.alternatives}
    assert others["prompt"] is None
    assert made.alternatives[0].one_off_total is not None
    assert made.alternatives[0].missing == ("requests_per_month",)
    assert made.alternatives[0].break_even_volume is not None
    assert others["nothing"] is not None


@pytest.mark.parametrize("benefit", get_args(BenefitKind))
def test_a_break_even_volume_that_is_put_back_earns_nothing(benefit: BenefitKind) -> None:
    figures = CASES[benefit]
    volume = roi(benefit, **figures).break_even_volume
    assert volume is not None
    assert npv(roi(benefit, **{**figures, "requests_per_month": repr(volume)})) == pytest.approx(
        0, abs=0.02
    )
    assert npv(roi(benefit, **{**figures, "requests_per_month": repr(volume * 1.01)})) > 0


def test_a_break_even_containment_that_is_put_back_earns_nothing() -> None:
    share = roi(**VOLUME).break_even_containment
    assert share is not None
    assert 0 < share < 1
    assert npv(roi(**VOLUME, contained_share=repr(share))) == pytest.approx(0, abs=0.02)
    assert roi(requests_per_month="10").break_even_containment is None
    assert roi("hours", **CASES["hours"]).break_even_containment is None


def test_no_volume_makes_up_for_requests_that_lose_money() -> None:
    made = roi(requests_per_month="20000", error_share="90%")
    assert made.break_even_volume is None
    assert npv(made) < npv(roi(requests_per_month="0"))


def test_no_request_at_all_costs_what_is_spent() -> None:
    made = roi(requests_per_month="0", build_months="0", discount_rate="0", adoption_months="0")
    one_off = sum(line.amount.base for line in made.one_off)
    monthly = sum(line.amount.base for line in made.monthly)
    assert npv(made) == pytest.approx(-one_off - 36 * monthly, abs=0.5)
    assert made.outcomes is not None
    assert made.outcomes["high"].payback_month is None


def test_the_estimate_and_the_data_of_the_project_are_not_asked_again() -> None:
    made = roi(**VOLUME)
    own = {name for name, one in made.figures.items() if one.origin == "project"}
    assert own == {
        *("build_months", "person_months"),
        *("training_hours", "labels", "input_tokens", "output_tokens"),
    }
    assert made.figures["labels"].spread.value == Spread(0, 0, 0)
    plan = make_plan(replace(ANSWERS, roi=VOLUME), facts(), catalog_of("contacts"), H100)
    assert plan.estimate.hours is not None
    hours = made.figures["training_hours"].spread.value
    assert (hours.low, hours.high) == pytest.approx(plan.estimate.hours, rel=0.01)
    sample = facts()
    sample = replace(sample, data=replace(sample.data, sample=True))
    found = make_plan(ANSWERS, sample, catalog_of("contacts"), H100).roi
    assert found is not None
    assert found.figures["labels"].origin == "default"
    told = replace(ANSWERS, advice={"labelled_rows": "700"})
    fewer = make_plan(told, sample, catalog_of("contacts"), H100).roi
    assert fewer.figures["labels"].spread.value == Spread(0, 300, 1300)
    assert fewer.figures["labels"].origin == "project"


def test_the_price_of_a_device_is_that_of_the_answers_else_of_the_accelerator() -> None:
    assert roi().figures["gpu_price"].spread.value == Spread(1.99, 3.0, 5.0)
    made = without_own_price(device_price="2.5 USD")
    assert made is not None
    assert made.figures["gpu_price"].spread.value == Spread(2.5, 2.5, 2.5)
    assert made.figures["gpu_price"].origin == "project"
    unknown = roi("contacts", Hardware(card(24.0)), **VOLUME)
    assert unknown.missing == ("gpu_price",)
    dollars = without_own_price(device_price="2$", roi={"currency": "CNY", "exchange_rate": "7"})
    assert dollars is not None
    assert dollars.figures["gpu_price"].spread.value.base == 14


def test_a_price_in_another_currency_counts_only_where_nobody_asks_for_the_cash_flow() -> None:
    made = without_own_price(device_price="14.5CNY")
    assert made is not None
    assert made.figures["gpu_price"].origin == "default"
    with pytest.raises(IncompatibleError) as caught:
        without_own_price(device_price="14.5CNY", roi=VOLUME)
    assert caught.value.where == "device_price"
    assert "CNY" in caught.value.message
    assert "roi.currency=CNY" in (caught.value.hint or "")
    both = {"horizon_months": "600"}
    with pytest.raises(UsageError) as all_at_once:
        without_own_price(device_price="14.5CNY", roi=both, advice={"weeks": "soon"})
    assert all_at_once.value.where == "advice.weeks"
    for key in ("roi.horizon_months", "device_price"):
        assert key in all_at_once.value.message


def test_other_approaches_are_compared_by_the_same_model() -> None:
    made = roi(**VOLUME)
    assert [one.id for one in made.alternatives] == [
        *("prompt", "classical", "rag", "hybrid", "nothing")
    ]
    by_id = {one.id: one for one in made.alternatives}
    nothing = by_id["nothing"].outcomes
    assert nothing is not None
    assert {one.npv for one in nothing.values()} == {0}
    costs = {one.id: one.one_off_total for one in made.alternatives}
    assert costs["nothing"] == 0
    assert costs["prompt"] < costs["rag"] < costs["hybrid"]
    assert costs["hybrid"] > sum(line.amount.base for line in made.one_off)
    volume = by_id["rag"].break_even_volume
    again = {one.id: one for one in roi(requests_per_month=repr(volume)).alternatives}
    rag = again["rag"].outcomes
    assert rag is not None
    assert rag["base"].npv == pytest.approx(0, abs=0.02)
    share = by_id["prompt"].equal_at
    assert share is not None
    contained = made.figures["contained_share"].spread.value.base * share
    less = {one.id: one for one in roi(**VOLUME, contained_share=repr(contained)).alternatives}
    prompt = less["prompt"].outcomes
    assert prompt is not None
    assert prompt["base"].npv == pytest.approx(npv(made), rel=0.01)


@pytest.mark.parametrize("own_machines", [True, False])
@pytest.mark.parametrize("benefit", get_args(BenefitKind))
def test_the_budget_of_each_approach_is_what_its_return_counts(
    benefit: BenefitKind, own_machines: bool
) -> None:
    at_once = {"build_months": "0", "adoption_months": "0", "discount_rate": "0"}
    made = roi(benefit, own_machines=own_machines, **CASES[benefit], **at_once)
    values = {name: one.spread.value.base for name, one in made.figures.items()}
    earned = compute_benefit(benefit, values)
    for one in made.alternatives[:-1]:
        assert one.outcomes is not None
        once, monthly = (
            sum(line.amount.base for line in lines) for lines in (one.one_off, one.monthly)
        )
        assert one.one_off_total == pytest.approx(once, abs=0.02)
        expected = made.horizon_months * (earned - monthly) - once
        assert one.outcomes["base"].npv == pytest.approx(expected, abs=1)
        assert sum(line.share for line in one.monthly) == pytest.approx(1)
        has_api = any(line.id == "api" for line in one.monthly)
        assert has_api is (one.id in ("prompt", "rag") and not own_machines)
        assert ("own devices" in one.title.en) is (one.id in ("prompt", "rag") and own_machines)


def test_the_people_of_an_approach_are_a_share_of_those_of_fine_tuning() -> None:
    made = roi(person_months="10/20/30", rag_effort="40%/50%/60%", classical_effort="10%")
    people = {one.id: one.person_months for one in made.alternatives}
    assert people["rag"] == Spread(4, 10, 18)
    assert people["hybrid"] == Spread(14, 30, 48)
    assert people["classical"] == Spread(1, 2, 3)
    assert people["nothing"] is None


SHARES = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted)


@settings(max_examples=20, deadline=None)
@given(approach=st.sampled_from(get_args(Approach)), shares=SHARES, factor=st.floats(0, 1))
def test_a_lower_share_of_the_benefit_never_raises_what_is_earned(
    approach: Approach, shares: list[float], factor: float
) -> None:
    def outcomes_with(share: list[float]) -> list[float]:
        given_share = "/".join(repr(one) for one in share)
        made = roi(**VOLUME, **{BENEFIT_SHARES[approach]: given_share})
        of_others = {one.id: one.outcomes for one in made.alternatives}
        outcomes = made.outcomes if approach == "finetune" else of_others[approach]
        assert outcomes is not None
        return [one.npv for one in outcomes.values()]

    lower = outcomes_with([one * factor for one in shares])
    assert all(low <= high + 0.01 for low, high in zip(lower, outcomes_with(shares), strict=True))


def test_the_share_of_the_benefit_counts_in_return_and_break_even() -> None:
    many = {"requests_per_month": "90000"}
    made = roi(**many, classical_benefit="0", finetune_benefit="50%", prompt_benefit="80%/90%/1")
    half = roi(**many, contained_share="7.5%/17.5%/32.5%")
    assert npv(made) == pytest.approx(npv(half), abs=1)
    assert made.break_even_volume == pytest.approx(half.break_even_volume)
    by_id = {one.id: one for one in made.alternatives}
    assert by_id["classical"].break_even_volume is None
    assert (made.benefit_share, by_id["prompt"].benefit_share) == (0.5, 0.9)
    usual = {one.id: one for one in roi(**many, finetune_benefit="50%").alternatives}
    assert by_id["prompt"].equal_at == usual["prompt"].equal_at  # whatever it is said to reach
    share = by_id["prompt"].equal_at
    assert share is not None
    as_good = roi(**many, finetune_benefit="50%", prompt_benefit=repr(share)).alternatives[0]
    assert as_good.outcomes is not None
    assert as_good.outcomes["base"].npv == pytest.approx(npv(made), rel=0.01)


def test_facts_are_not_looked_up_for_tables() -> None:
    made = make_plan(ANSWERS, facts(), catalog_of("losses", tabular=True), CPU).roi
    assert made is not None
    assert [one.id for one in made.alternatives] == ["prompt", "classical", "nothing"]
    assert "retrieved_tokens" not in made.figures


# --- what a team gives ---------------------------------------------------------------------------


def test_shares_and_spreads_are_read_as_they_are_written() -> None:
    made = roi(contained_share="15%/35%/65%", review_share="0.1", adoption_months=" 3 / 6 / 9 ")
    assert made.figures["contained_share"].spread.value == Spread(0.15, 0.35, 0.65)
    assert made.figures["contained_share"].origin == "team"
    assert made.figures["review_share"].spread.value == Spread(0.1, 0.1, 0.1)
    assert made.figures["adoption_months"].spread.value == Spread(3, 6, 9)
    assert npv(roi(**VOLUME, contained_share="35%")) == npv(roi(**VOLUME, contained_share="0.35"))


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("contained_share", "1.5", "write 0.015 or 1.5%"),
        ("contained_share", "-0.1", "from 0 to 1"),
        ("contained_share", "35", "write 0.35 or 35%"),
        ("contained_share", "many", "a share such as 0.35 or 35%"),
        ("requests_per_month", "-5", "cannot be negative"),
        ("requests_per_month", "20,000", "write 20000"),
        ("requests_per_month", "2万", "write 20000"),
        ("requests_per_month", "1000/2000", "low/base/high"),
        ("requests_per_month", "3000/2000/1000", "the smallest number first"),
        ("requests_per_month", "nan", "a number"),
        ("requests_per_month", "1e999", "a number"),
        ("requests_per_month", "1e13", "at most 1e+12"),
        ("salary", "0", "above 0"),
        ("contact_cost", "0", "above 0"),
        ("contact_cost", "8 EUR", "write the number alone"),
        ("contact_cost", "€8", "write the number alone"),
        ("salary", "15%", "a number"),
        ("salary_loading", "0.4", "at least 1"),
        ("horizon_months", "0", "from 12 to 60"),
        ("horizon_months", "600", "from 12 to 60"),
        ("horizon_months", "24/36/48", "one number"),
        ("adoption_months", "1.5", "whole months"),
        ("build_months", "40", "only 36 are counted"),
        ("currency", "yuan", "such as USD or CNY"),
        ("exchange_rate", "7", "leave it out"),
        ("requests_per_moth", "1", "roi.requests_per_month"),
        ("bad_share", "1%", "other domains"),
    ],
)
def test_figures_that_cannot_be_used_are_named(name: str, written: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        roi(**{name: written})
    assert caught.value.where == f"roi.{name}"
    assert said in caught.value.message
    assert caught.value.texts[0].zh != caught.value.texts[0].en


def test_all_faults_are_told_at_once() -> None:
    wrong = {
        "contained_share": "35",
        "currency": "CN",
        "exchange_rate": "0",
        "horizon_months": "600",
        "requests_per_month": "20,000",
        "salary": "0",
        "zzz": "1",
    }
    with pytest.raises(UsageError) as caught:
        roi(**wrong)
    told = f"{caught.value.where}: {caught.value.message}"
    assert all(f"roi.{name}" in told for name in wrong)
    assert len(told.splitlines()) == len(wrong)


def test_a_wrong_horizon_is_no_fault_of_the_months_of_building() -> None:
    with pytest.raises(UsageError) as caught:
        roi(horizon_months="0")
    assert "build_months" not in caught.value.message
    with pytest.raises(UsageError) as caught:
        roi(horizon_months="12", build_months="12")
    assert caught.value.where == "roi.build_months"


def test_no_rate_of_exchange_is_invented() -> None:
    with pytest.raises(UsageError) as caught:
        roi(currency="CNY")
    assert caught.value.where == "roi.exchange_rate"
    assert "contact_cost" in caught.value.message
    assert "salary" not in caught.value.message  # CNY has a default of its own


# --- the catalogue -------------------------------------------------------------------------------


def test_every_figure_is_used() -> None:
    used = {
        name
        for approach in get_args(Approach)
        for benefit in get_args(BenefitKind)
        for name in select_costs(approach, benefit).needed
    }
    assert used == {*FIGURES}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.id}-{line.approaches[0]}")
def test_a_line_names_the_figures_that_it_depends_on(line: Any) -> None:
    values = dict.fromkeys(line.figures, 2.0)
    for name in line.figures:
        assert line.compute({**values, name: 3.0}) > line.compute(values)


@pytest.mark.parametrize("benefit", get_args(BenefitKind))
def test_a_figure_belongs_to_the_benefits_that_need_it(benefit: BenefitKind) -> None:
    for approach in get_args(Approach):
        needed = select_costs(approach, benefit).needed
        assert all(benefit in (FIGURES[name].benefits or [benefit]) for name in needed)
        assert compute_benefit(benefit, dict.fromkeys(needed, 1.0)) >= 0


def test_every_domain_says_where_its_benefit_comes_from() -> None:
    kinds = {kit.id: kit.benefit for kit in load_catalog().kits.values()}
    assert {*kinds.values()} == {*get_args(BenefitKind)}


def test_a_default_that_falls_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "roi.yaml"
    file.write_text(
        "salary:\n  title: {en: a, zh: b}\n  unit: money\n  better: low\n"
        "  why: {en: a, zh: b}\n  source: somebody\n"
        "  money:\n    USD: {low: 3, base: 2, high: 4}\n",
        encoding="utf-8",
    )
    with pytest.raises(CatalogError) as caught:
        load_figures(file)
    assert "`salary.money.USD` should rise" in caught.value.message
    assert str(caught.value.where).endswith(":8")
