"""The names that people give to models."""

from __future__ import annotations

import pytest

from newft.catalog.loader import load_catalog
from newft.catalog.model_names import find_listed_model, find_near_models, find_successor

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("chatglm3-6b", "zai-org/chatglm3-6b"),  # as in articles and courses
        ("THUDM/chatglm3-6b", "zai-org/chatglm3-6b"),  # before the organisation was renamed
        ("ChatGLM3 6B", "zai-org/chatglm3-6b"),
        ("baichuan2-7b", "baichuan-inc/Baichuan2-7B-Chat"),
        ("qwen2.5-7b", "Qwen/Qwen2.5-7B-Instruct"),
        ("qwen3-8b", "Qwen/Qwen3-8B"),
        ("glm-4-9b-0414", "zai-org/GLM-4-9B-0414"),
        ("yi-1.5-9b", "01-ai/Yi-1.5-9B-Chat"),
        ("gpt-oss-20b", "openai/gpt-oss-20b"),
    ],
)
def test_a_short_or_former_name_means_a_model(name: str, model: str) -> None:
    assert find_listed_model(name, CATALOG) == model


@pytest.mark.parametrize(
    "name",
    [
        "Qwen/Qwen2.5-7B",  # a base model, which is another one
        "unsloth/Qwen3-8B",  # a copy with files of its own
        "glm-4-9b",  # the chat model of 2024 or that of April 2025
        "qwen",
        "",
    ],
)
def test_a_name_that_may_mean_another_model_is_left_alone(name: str) -> None:
    assert find_listed_model(name, CATALOG) is None


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("qwen-14b", "Qwen/Qwen3-14B"),
        ("Qwen/Qwen-14B-Chat", "Qwen/Qwen3-14B"),
        ("qwen/Qwen-7B", "Qwen/Qwen3-8B"),
        ("Qwen-1_8B-Chat", "Qwen/Qwen3-1.7B"),
        ("THUDM/chatglm2-6b", "zai-org/GLM-4-9B-0414"),
        ("zai-org/glm-4-9b-chat", "zai-org/glm-4-9b-chat-hf"),
        ("Baichuan-13B-Chat", "Qwen/Qwen3-14B"),
    ],
)
def test_a_former_model_has_a_successor_of_its_size(name: str, model: str) -> None:
    successor = find_successor(name, CATALOG)
    assert successor and successor.model == model
    assert successor.former.why.en and successor.former.why.zh
    assert successor.former.source.startswith("https://")


def test_models_that_can_be_trained_have_no_successor() -> None:
    for family in CATALOG.families.values():
        for size in family.sizes:
            assert find_successor(size.hub_id, CATALOG) is None, size.hub_id


def test_a_family_that_cannot_be_trained_names_one_that_can() -> None:
    for family in CATALOG.families.values():
        if family.successor:
            assert CATALOG.families[family.successor.value].successor is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Qwen/Qwen3-72B", "Qwen/Qwen3-32B"),  # not Qwen3.5-2B, which is spelled alike
        ("Qwen/Qwen3-9B", "Qwen/Qwen3-8B"),
        ("meta-llama/Llama-3.1-13B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("google/gemma-3-9b-it", "google/gemma-3-12b-it"),
        ("smollm2-135", "HuggingFaceTB/SmolLM2-135M-Instruct"),
    ],
)
def test_the_nearest_models_are_of_the_same_series_and_size(name: str, nearest: str) -> None:
    assert find_near_models(name, CATALOG)[0] == nearest


def test_nothing_is_near_to_a_name_of_another_kind() -> None:
    assert find_near_models("our-team/support", CATALOG) == []
