"""Every model on every accelerator that ships: a plan, or a refusal that says what fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decide_examples import ANSWERS, facts

from newft.catalog.load import load_catalog
from newft.decide.plan import make_plan
from newft.decide.suggest import suggest_model
from newft.entries import Accelerator, Family, Hardware
from newft.errors import IncompatibleError
from newft.model import Answers

CATALOG = load_catalog()
SIZES = [(family, size.hub_id) for family in CATALOG.families.values() for size in family.sizes]

each_accelerator = pytest.mark.parametrize(
    "accelerator", CATALOG.accelerators.values(), ids=lambda accelerator: accelerator.id
)


@each_accelerator
@pytest.mark.parametrize(("family", "model"), SIZES, ids=[model for _, model in SIZES])
def test_a_model_is_planned_or_the_refusal_offers_another(
    family: Family, model: str, accelerator: Accelerator
) -> None:
    answers = replace(ANSWERS, family=family.id, model=model)
    try:
        plan = make_plan(answers, facts(), CATALOG, Hardware(accelerator))
    except IncompatibleError as error:
        assert error.where == "gpu"
        assert error.hint is not None and error.hint.startswith("choose ")
        return
    assert plan.model.parameters is not None
    assert plan.estimate.memory_gb is not None
    if accelerator.memory_gb is not None:
        assert plan.estimate.memory_gb[1] <= accelerator.memory_gb + 0.1


@each_accelerator
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_suggested_can_be_planned(accelerator: Accelerator, language: str) -> None:
    hardware = Hardware(accelerator)
    suggested = suggest_model(hardware, language, CATALOG)  # type: ignore[arg-type]
    answers: Answers = replace(ANSWERS, family=suggested.value.family, model=suggested.value.model)
    plan = make_plan(answers, facts(language=language), CATALOG, hardware)
    assert plan.family.id == suggested.value.family
