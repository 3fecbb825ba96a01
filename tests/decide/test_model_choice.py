"""The model that is offered first."""

from __future__ import annotations

import pytest

from newft.decide.model.model_choice import suggest_model
from newft.schema.hardware import Hardware
from support.decide_examples import CATALOG, CPU, card


@pytest.mark.parametrize(
    ("memory", "model"),
    [
        (2.0, "Qwen/Qwen3-0.6B"),
        (16.0, "Qwen/Qwen3-0.6B"),
        (32.0, "Qwen/Qwen3-8B"),
        (80.0, "Qwen/Qwen3-14B"),
        (None, "Qwen/Qwen3-0.6B"),
    ],
)
def test_a_card_gets_the_largest_that_leaves_a_quarter_free(
    memory: float | None, model: str
) -> None:
    suggested = suggest_model(Hardware(card(memory)), "en", CATALOG)
    assert suggested.value == ("qwen3", model)
    assert suggested.why.en and suggested.why.zh and suggested.source


@pytest.mark.parametrize(
    ("gpu", "family", "model"),
    [
        (Hardware(card(80.0)), "smollm2", "embedded"),
        (CPU, "qwen3", "Qwen/Qwen3-0.6B"),
        (CPU, "smollm2", "embedded"),
    ],
)
def test_a_chosen_family_gets_the_model_of_its_own_that_fits(
    gpu: Hardware, family: str, model: str
) -> None:
    assert suggest_model(gpu, "en", CATALOG, family=family).value == (family, model)


def test_a_cpu_gets_the_embedded_model() -> None:
    assert suggest_model(CPU, "en", CATALOG).value == ("smollm2", "embedded")


def test_a_cpu_and_chinese_data_are_told_what_the_model_lacks() -> None:
    assert suggest_model(CPU, "zh", CATALOG).why.en.endswith("its Chinese is poor")
