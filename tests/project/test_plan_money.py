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
    one_off=Spread(10, 20, 30),
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
    assert cells == ["**prompt**", "20", "1,234", *["-1,234"] * 3, "not within the horizon"]
    assert why == "no device; earns as much as fine-tuning with 81.4 % of its benefit"


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
    assert cells == ["**prompt**", "20", *["-"] * 5, "no device"]


def test_fine_tuning_itself_stands_first_and_the_recommended_approach_is_bold() -> None:
    assert URGENT.recommendation == ADVICE.recommendation == "prompt"
    roi = replace(
        UNKNOWN_RETURN,
        one_off=(CostLine("labels", Text("labels", "标注"), Spread(1, 40, 90), 1.0),),
        outcomes={"low": OUTCOME, "base": OUTCOME, "high": OUTCOME},
        break_even_volume=2_000.0,
        alternatives=(PROMPT,),
    )
    planned, other = build_money_tables(roi, URGENT, "en")["alternatives"]  # type: ignore[misc]
    assert planned[:6] == ["fine-tuning", "40", "2,000", *["-1,234"] * 3]
    assert other[0] == "**prompt**"
    _, unknown = build_money_tables(roi, ADVICE, "en")["alternatives"]  # type: ignore[misc]
    assert unknown[0] == "prompt"


@pytest.mark.parametrize("offline", [True, False])
def test_an_api_is_no_alternative_where_all_must_run_on_own_machines(offline: bool) -> None:
    known = read_factor_values({"offline": "yes" if offline else "no"}, RULES)
    roi = replace(UNKNOWN_RETURN, alternatives=(PROMPT,))
    tables = build_money_tables(roi, replace(ADVICE, known=known), "en")
    (*_, why) = tables["alternatives"][-1]  # type: ignore[index]
    assert ("not with an API" in why) is offline
