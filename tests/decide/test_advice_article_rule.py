"""The article's rule, whose first condition that holds decides; shown beside the advice."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product

import pytest

from newft.catalog.loader import load_advice_rules
from newft.decide.advice.advise import make_advice
from newft.decide.advice.article_rule import ARTICLE_RULES, choose_by_first_match
from newft.decide.advice.factor_values import read_factor_values
from newft.paths import get_templates_folder
from newft.schema.advice import Advice

RULES = load_advice_rules(get_templates_folder() / "advice.yaml")
NAMES = [rule.condition for rule in ARTICLE_RULES]
CASES = [
    frozenset(name for name, holds in zip(NAMES, combination, strict=True) if holds)
    for combination in product([False, True], repeat=5)
]


def choose_as_written(case: frozenset[str]) -> str:
    """The article's function in words."""
    if "frequent_updates" in case:
        return "rag"
    if "complex_reasoning" in case or "offline" in case:
        return "finetune"
    if "urgent" in case:
        return "rag"
    return "finetune" if "critical_accuracy" in case else "hybrid"


def advise(**given: str) -> Advice:
    return make_advice(read_factor_values(given, RULES), RULES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "+".join(sorted(case)) or "none")
def test_the_answer_is_that_of_the_article(case: frozenset[str]) -> None:
    assert choose_by_first_match(case) == choose_as_written(case)


def test_of_32_cases_18_say_rag_13_fine_tuning_and_one_hybrid() -> None:
    counts = Counter(choose_by_first_match(case) for case in CASES)
    assert counts == {"rag": 18, "finetune": 13, "hybrid": 1}


def test_21_of_32_cases_change_their_answer_with_the_order_of_the_rules() -> None:
    orders = [*permutations(ARTICLE_RULES)]
    changing = [
        case for case in CASES if len({choose_by_first_match(case, order) for order in orders}) > 1
    ]
    assert len(changing) == 21


@pytest.mark.parametrize(
    ("team", "approach"),
    [
        ({"knowledge_change": "daily", "offline": "yes"}, "rag"),
        ({"task_type": "reason_case", "weeks": "3"}, "finetune"),
        ({"offline": "yes", "gpu": "none"}, "finetune"),
        ({"weeks": "4", "target_score": "95%"}, "rag"),
        ({"target_score": "95%"}, "finetune"),
        ({"knowledge_change": "yearly", "weeks": "5", "target_score": "94%"}, "hybrid"),
    ],
)
def test_our_factors_are_its_conditions(team: dict[str, str], approach: str) -> None:
    assert advise(**team).first_match_rule == approach


def test_it_is_said_which_condition_decided_and_which_it_hides() -> None:
    why = advise(knowledge_change="daily", offline="yes").first_match_why
    assert "knowledge is updated often" in why.en
    assert "hides the others (it is deployed offline)" in why.en
    assert "知识更新频率高" in why.zh
    assert "one condition" in advise(offline="yes").first_match_why.en
    assert "none of its five conditions" in advise().first_match_why.en
