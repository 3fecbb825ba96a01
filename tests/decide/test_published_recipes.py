"""Recipes that are published as a whole come out as the same numbers, with their source."""

from __future__ import annotations

import pytest

from newft.answers.parse import build_answers
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.loader import load_catalog
from newft.console.json_output import list_recipe_values
from newft.dataset.profile import profile_sample
from newft.decide.plan import make_plan
from newft.schema.dataset import Facts

ARTICLE = "the article, "
CUSTOMER_SERVICE = {
    "learning_rate": (5e-5, "5.0e-5"),
    "epochs": (3, "3.0"),
    "batch_size": (4, "4"),
    "gradient_accumulation_steps": (8, "8"),
    "rank": (16, "16"),
    "alpha": (32, "32"),
    "dropout": (0.05, "0.05"),
    "target_modules": (("query_key_value", "dense"), ("query_key_value", "dense")),
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_customer_service_recipe_of_the_article(language: str) -> None:
    catalog = load_catalog()
    kit = catalog.kits["customer_service"]
    task = next(iter(kit.tasks))
    given = {
        **{"domain": kit.id, "task": task, "language": language, "name": "kefu"},
        **{"gpu": "1x24GB", "family": "chatglm3", "model": "zai-org/chatglm3-6b"},
        **{f"recipe.{name}": written for name, (_, written) in CUSTOMER_SERVICE.items()},
    }
    facts = Facts(profile_sample(kit, task, language), None)  # type: ignore[arg-type]
    hardware = parse_gpu("1x24GB", catalog.accelerators, machine=None)
    plan = make_plan(build_answers(given), facts, catalog, hardware)
    values = list_recipe_values(plan.recipe)
    for name, (value, _) in CUSTOMER_SERVICE.items():
        assert values[name].value == value
        assert values[name].source.en.startswith(ARTICLE), name
        assert values[name].why.en.startswith("as given: as in the article"), name
