"""Every model on every accelerator that ships: a plan, or a refusal that says what fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from newft.catalog.loader import load_catalog
from newft.decide.model.model_choice import suggest_model
from newft.decide.plan import make_plan
from newft.errors import IncompatibleError
from newft.schema.answers import Answers
from newft.schema.dataset import Facts
from newft.schema.family import Family
from newft.schema.hardware import Accelerator, Hardware
from support.decide_examples import ANSWERS, facts

CATALOG = load_catalog()
USUAL_SHARE = 10  # of the pairs of models and accelerators; `make matrix` takes all
SIZES = [(family, size.hub_id) for family in CATALOG.families.values() for size in family.sizes]

each_accelerator = pytest.mark.parametrize(
    "accelerator", CATALOG.accelerators.values(), ids=lambda accelerator: accelerator.id
)


def pair_models_with_accelerators() -> Iterator[Any]:
    """Pair every model with every accelerator; each of both is in some pair of the usual run."""
    for row, (family, model) in enumerate(SIZES):
        for column, accelerator in enumerate(CATALOG.accelerators.values()):
            marks = [] if (row + column) % USUAL_SHARE == 0 else [pytest.mark.matrix]
            name = f"{model}-{accelerator.id}"
            yield pytest.param(accelerator, family, model, id=name, marks=marks)


@pytest.mark.parametrize(("accelerator", "family", "model"), list(pair_models_with_accelerators()))
def test_a_model_is_planned_or_the_refusal_offers_another(
    accelerator: Accelerator, family: Family, model: str
) -> None:
    answers = replace(ANSWERS, family=family.id, model=model)
    try:
        plan = make_plan(answers, facts(), CATALOG, Hardware(accelerator))
    except IncompatibleError as error:
        assert error.where == "gpu"
        assert error.hint is not None and error.hint.startswith(("choose ", "use --method "))
        assert_ways_out(answers, accelerator, error.hint)
        return
    size = next(one for one in family.sizes if one.hub_id == model)
    gates = [one.source for one in plan.family.caveats if one.value.en == "the weights are gated"]
    assert gates == ([f"https://huggingface.co/{model}"] if size.gated else [])
    assert plan.model.parameters is not None
    assert plan.estimate.memory_gb is not None
    if accelerator.memory_gb is not None:
        desktop = 1.0 if accelerator.desktop else 0.0
        assert plan.estimate.memory_gb[1] <= accelerator.memory_gb - desktop + 0.1


def assert_ways_out(answers: Answers, accelerator: Accelerator, hint: str) -> None:
    """Whatever a refusal names can be planned."""
    owners = {model: family.id for family, model in SIZES}
    models, cards = re.findall(r"`([^`]+/[^`]+)`", hint), re.findall(r"--gpu 1x(\S+)", hint)
    assert models or cards
    for method in re.findall(r"--method (\w+)", hint):
        make_plan(replace(answers, method=method), facts(), CATALOG, Hardware(accelerator))
    for model in models:
        other = replace(answers, family=owners[model], model=model)
        make_plan(other, facts(), CATALOG, Hardware(accelerator))
    for card in cards:
        make_plan(answers, facts(), CATALOG, Hardware(CATALOG.accelerators[card]))


def refusal(model: str, gpu: str, count: int = 1, known: Facts | None = None) -> IncompatibleError:
    family = next(family for family, name in SIZES if name == model)
    answers = replace(ANSWERS, family=family.id, model=model, gpu=gpu)
    hardware = Hardware(CATALOG.accelerators[gpu], count)
    with pytest.raises(IncompatibleError) as caught:
        make_plan(answers, known or facts(), CATALOG, hardware)
    return caught.value


def test_a_card_with_bf16_is_offered_where_fp32_is_too_large() -> None:
    error = refusal("zai-org/GLM-4-9B-0414", "V100-16GB")
    assert "in fp32 needs up to 41 GB" in error.message
    assert error.hint and "a card with bf16 and 22 GB or more, such as --gpu 1xA10" in error.hint


def test_every_card_is_said_to_hold_the_whole_model() -> None:
    error = refusal("meta-llama/Llama-3.1-70B-Instruct", "A100-80GB", count=8)
    assert error.message.endswith("each of the 8 cards must hold the whole model")
    assert error.to("zh")[0].endswith("8 张卡每张都要放下整个模型")


def test_a_card_with_a_screen_leaves_it_memory() -> None:
    error = refusal("Qwen/Qwen3-14B", "RTX4090")
    assert "NVIDIA GeForce RTX 4090 (23 of 24 GB, 1 GB reserved for a desktop)" in error.message


def test_the_tokens_of_half_of_the_rows_are_those_without_a_margin() -> None:
    long = facts(lengths=(60_000, 60_000, 60_000))  # 12,000 words
    error = refusal("HuggingFaceTB/SmolLM2-135M-Instruct", "A100-80GB", known=long)
    match = re.search(r"have ([\d,]+) tokens or more", error.message)
    assert match and 12_000 < int(match[1].replace(",", "")) < 13_000
    assert error.hint
    shorter = re.search(r"shorten the inputs to ([\d,]+) characters", error.hint)
    assert shorter
    length = int(shorter[1].replace(",", ""))
    answers = replace(ANSWERS, family="smollm2", model="HuggingFaceTB/SmolLM2-135M-Instruct")
    hardware = Hardware(CATALOG.accelerators["A100-80GB"])
    make_plan(answers, facts(lengths=(length,) * 3), CATALOG, hardware)


@each_accelerator
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_suggested_can_be_planned(accelerator: Accelerator, language: str) -> None:
    hardware = Hardware(accelerator)
    suggested = suggest_model(hardware, language, CATALOG)  # type: ignore[arg-type]
    answers: Answers = replace(ANSWERS, family=suggested.value.family, model=suggested.value.model)
    plan = make_plan(answers, facts(language=language), CATALOG, hardware)
    assert plan.family.id == suggested.value.family
