"""A folder's config.json against the family that was chosen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.decide.plan import make_plan
from newft.errors import IncompatibleError
from newft.schema.hardware import Hardware
from newft.schema.model_facts import ModelFacts
from newft.schema.plan import Plan
from newft.system.model_folder import read_model_folder
from support.decide_examples import ANSWERS, facts

CATALOG = load_catalog()
GENERIC_HINT = (
    "leave out the family, or give --family generic: the values then come from the model's own "
    "files"
)


def plan(family: str, model: ModelFacts | None) -> Plan:
    answers = replace(ANSWERS, family=family, model="/srv/models/ours")
    known = replace(facts(), model=model)
    return make_plan(answers, known, CATALOG, Hardware(CATALOG.accelerators["A100-80GB"]))


@pytest.mark.parametrize(
    ("family", "model"),
    [
        ("qwen3", ModelFacts(("Qwen3ForCausalLM",), "qwen3", 151_936)),
        ("qwen3", ModelFacts((), "qwen3", None)),
        ("qwen3", ModelFacts(("Qwen3ForCausalLM",), "qwen3", 152_064)),  # resized
        ("llama3", ModelFacts(("LlamaForCausalLM",), "llama", 128_256)),
        ("glm4", ModelFacts((), "glm4", 151_552)),
        ("smollm2", ModelFacts((), None, None)),
        ("smollm2", None),
    ],
)
def test_a_folder_of_the_family_is_planned(family: str, model: ModelFacts | None) -> None:
    assert plan(family, model).model.source == "folder"


@pytest.mark.parametrize(
    ("family", "model", "names", "hint"),
    [
        (
            "qwen3",
            ModelFacts(("LlamaForCausalLM",), "llama", 128_256),
            ("LlamaForCausalLM (128,256 tokens)", "Qwen3 needs Qwen3ForCausalLM"),
            "--family llama3",
        ),
        (
            "llama3",
            ModelFacts(("LlamaForCausalLM",), "llama", 49_152),
            ("LlamaForCausalLM (49,152 tokens)", "LLaMA 3.x needs LlamaForCausalLM"),
            "--family smollm2",
        ),
        (
            "llama3",
            ModelFacts((), "glm4", None),
            ("declares glm4", "LlamaForCausalLM"),
            "give --family glm4",
        ),
        (
            "qwen3",
            ModelFacts(("OlmoForCausalLM",), "olmo", 50_304),
            ("OlmoForCausalLM", "Qwen3ForCausalLM"),
            GENERIC_HINT,
        ),
    ],
)
def test_a_folder_of_another_family_is_refused_with_the_one_that_it_is_of(
    family: str, model: ModelFacts, names: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(IncompatibleError) as caught:
        plan(family, model)
    assert all(name in caught.value.message for name in names)
    assert caught.value.hint and hint in caught.value.hint


def test_the_folder_is_read_as_data(tmp_path: Path) -> None:
    config = {"architectures": ["GlmForCausalLM"], "model_type": "glm", "vocab_size": 7}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = read_model_folder(str(tmp_path))
    assert found is not None
    assert (found.architectures, found.model_type, found.vocabulary) == (
        ("GlmForCausalLM",),
        "glm",
        7,
    )
    assert found.chat is None
    assert found.weights is not None
    assert found.weights.kind == "none"
    assert read_model_folder(str(tmp_path / "none")) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["architectures", "model_type", "vocab_size"]), inner, max_size=3
            )
        ),
    )
)
def test_any_json_gives_facts_or_none(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(value), encoding="utf-8")
    found = read_model_folder(str(folder))
    assert found is None or all(isinstance(name, str) for name in found.architectures)
