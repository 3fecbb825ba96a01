"""Budget and return, as the tables of PLAN.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newft.project.plan_money import build_money_tables
from newft.schema.roi import Alternative, Outcome, Spread
from newft.text import Language, Text
from support.example_plan import UNKNOWN_RETURN

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
    (row,) = build_money_tables(roi, language)["alternatives"]  # type: ignore[misc]
    return [*row]


def test_another_approach_is_shown_with_what_it_costs_and_earns() -> None:
    *cells, why = list_cells()
    assert cells == ["prompt", "20", "1,234", *["-1,234"] * 3, "not within the horizon"]
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
    assert cells == ["prompt", "20", *["-"] * 5, "no device"]
