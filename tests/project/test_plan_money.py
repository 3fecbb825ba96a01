"""Budget and return, as the tables of PLAN.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newft.catalog.loader import load_advice_rules
from newft.decide.advice.advise import make_advice
from newft.decide.advice.factor_values import read_factor_values
from newft.paths import get_templates_folder
from newft.project.plan_money import build_money_tables
from newft.schema.roi import Alternative, CostLine, Outcome, Spread
from newft.text import Language, Text
from support.example_plan import ADVICE, UNKNOWN_RETURN

RULES = load_advice_rules(get_templates_folder() / "advice.yaml")
URGENT = make_advice(read_factor_values({"weeks": "2"}, RULES), RULES)

OUTCOME = Outcome(npv=-1_234.5, roi=-0.1, payback_month=None, cumulative=(0.0, -1_234.5))
PROMPT = Alternative(
    id="prompt",
    title=Text("prompt", "提示词"),
    one_off=(CostLine("people", Text("people", "人力"), Spread(10, 20, 30), 1.0),),
    monthly=(CostLine("api", Text("API", "API"), Spread(1, 2, 3), 1.0),),
    one_off_total=20,
    missing=(),
    person_months=Spread(1.49, 3, 10.45),
    benefit_share=0.9,
    break_even_volume=1_234.5,
    outcomes={"low": OUTCOME, "base": OUTCOME, "high": OUTCOME},
    equal_at=0.814,
    why=Text("no device", "无需设备"),
)


def list_cells(language: Language = "en", **changes: Any) -> list[str]:
    roi = replace(UNKNOWN_RETURN, alternatives=(replace(PROMPT, **changes),))
    _, row = build_money_tables(roi, URGENT, language)["alternatives"]  # type: ignore[misc]
    return [*row]


def test_another_approach_is_shown_with_what_it_costs_and_earns() -> None:
    *cells, why = list_cells()
    money = ["20", "90 %", "1,234", *["-1,234"] * 3]
    assert cells == ["**prompt**", *money, "not within the horizon"]
    assert why == "no device; earns as much as fine-tuning if it reaches 81.4 % of the full benefit"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "costs less than fine-tuning loses"), ("zh", "成本低于微调的亏损")],
)
def test_an_approach_may_be_better_without_any_benefit(language: Language, said: str) -> None:
    why = list_cells(language, equal_at=-0.2)[-1]
    assert said in why
    assert "%" not in why


def test_without_figures_its_one_off_cost_is_shown_alone() -> None:
    cells = list_cells(outcomes=None, equal_at=None, break_even_volume=None)
    assert cells == ["**prompt**", "20", "90 %", *["-"] * 5, "no device"]
    assert list_cells(one_off_total=None)[1] == "figures are missing"


def test_fine_tuning_itself_stands_first_and_the_recommended_approach_is_bold() -> None:
    assert URGENT.recommendation == ADVICE.recommendation == "prompt"
    roi = replace(
        UNKNOWN_RETURN,
        one_off_total=40,
        outcomes={"low": OUTCOME, "base": OUTCOME, "high": OUTCOME},
        break_even_volume=2_000.0,
        alternatives=(PROMPT,),
    )
    planned, other = build_money_tables(roi, URGENT, "en")["alternatives"]  # type: ignore[misc]
    assert planned[:7] == ["fine-tuning", "40", "100 %", "2,000", *["-1,234"] * 3]
    assert other[0] == "**prompt**"
    _, unknown = build_money_tables(roi, ADVICE, "en")["alternatives"]  # type: ignore[misc]
    assert unknown[0] == "prompt"


def test_the_budget_of_what_is_recommended_is_shown_beside_that_of_fine_tuning() -> None:
    roi = replace(UNKNOWN_RETURN, alternatives=(PROMPT,))
    found = build_money_tables(roi, URGENT, "en")["recommended"]
    assert isinstance(found, dict)
    assert found["one_off"] == [["people", "10", "20", "30", "100 %"]]
    assert found["monthly"] == [["API", "1", "2", "3", "100 %"]]
    assert found["person_months"] == "1.5-10.4"
    assert [row[0] for row in found["outcomes"]] == [
        *("Net present value", "Return on investment", "Payback")
    ]
    fine_tuning = replace(URGENT, recommendation="finetune")
    for advice in (ADVICE, fine_tuning):  # nothing is known; what the project does
        assert build_money_tables(roi, advice, "en")["recommended"] is None


@pytest.mark.parametrize(("share", "said"), [(1.0, "same"), (0.9, "less")])
def test_what_is_counted_for_the_measured_models_is_said(share: float, said: str) -> None:
    roi = replace(UNKNOWN_RETURN, alternatives=(replace(PROMPT, benefit_share=share),))
    assumed = build_money_tables(roi, URGENT, "en")["assumed_benefits"]
    assert assumed == {"base": said, "baseline": "same"}
    better = replace(roi, benefit_share=0.5)
    assert build_money_tables(better, URGENT, "en")["assumed_benefits"]["base"] == "more"  # type: ignore[index]


def test_whether_the_benefits_differ_is_said() -> None:
    roi = replace(UNKNOWN_RETURN, alternatives=(replace(PROMPT, benefit_share=1.0),))
    assert build_money_tables(roi, URGENT, "en")["same_benefit"] is True
    roi = replace(UNKNOWN_RETURN, alternatives=(PROMPT,))
    assert build_money_tables(roi, URGENT, "en")["same_benefit"] is False
