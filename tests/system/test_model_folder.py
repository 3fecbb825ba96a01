"""What the files of a model's folder say, whoever made them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newft.schema.model_facts import ChatFacts, ModelFacts
from newft.system.model_folder import read_cached_model, read_model_folder
from support.model_folder import (
    CHATML,
    OLMO2_7B,
    QWEN2_7B,
    list_shapes,
    write_json,
    write_model_folder,
    write_weights,
)

TURNS = "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}"
LLAMA_LIKE = (
    "{% if date_string is not defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "{{ date_string }}" + TURNS + "{{ eos_token }}{% endfor %}"
)
GEMMA_LIKE = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    + TURNS
    + "{{ eos_token }}{% endfor %}"
)


def read(folder: Path) -> ModelFacts:
    facts = read_model_folder(str(folder))
    assert facts is not None
    return facts


def read_chat(folder: Path, template: str | None = CHATML, **options: object) -> ChatFacts:
    written = write_model_folder(folder, QWEN2_7B, template=template, **options)  # type: ignore[arg-type]
    chat = read(written).chat
    assert chat is not None
    return chat


# --- config.json ---------------------------------------------------------------------------------


def test_every_dimension_is_read(tmp_path: Path) -> None:
    numbers = read(write_model_folder(tmp_path, QWEN2_7B)).numbers
    assert numbers == {
        "layers": 28,
        "hidden": 3584,
        "intermediate": 18944,
        "heads": 28,
        "kv_heads": 4,
        "vocabulary": 152064,
        "context": 32768,
        "tied": 0,
    }


def test_a_wrapper_of_images_gives_the_dimensions_of_its_language_model(tmp_path: Path) -> None:
    config = {
        "architectures": ["SomeForConditionalGeneration"],
        "text_config": {**QWEN2_7B, "num_hidden_layers": 7},
        "vision_config": {"hidden_size": 1, "num_hidden_layers": 99},
    }
    facts = read(write_model_folder(tmp_path, config))
    assert (facts.numbers["layers"], facts.numbers["hidden"]) == (7, 3584)
    assert facts.has_vision


def test_experts_latent_and_linear_attention_are_read(tmp_path: Path) -> None:
    config = {
        "n_routed_experts": 64,
        "num_experts_per_tok": 6,
        "moe_intermediate_size": 1408,
        "n_shared_experts": 2,
        "first_k_dense_replace": 1,
        "kv_lora_rank": 512,
        "q_lora_rank": None,
        "layer_types": ["linear_attention", "full_attention", "linear_attention"],
    }
    assert read(write_model_folder(tmp_path, config)).numbers == {
        "experts": 64,
        "experts_per_token": 6,
        "expert_intermediate": 1408,
        "shared_experts": 2,
        "dense_layers": 1,
        "kv_lora_rank": 512,
        "linear_layers": 2,
    }


def test_quantised_weights_and_code_of_its_own_are_seen(tmp_path: Path) -> None:
    config = {
        **QWEN2_7B,
        "quantization_config": {"quant_method": "gptq"},
        "auto_map": {"AutoModelForCausalLM": "modeling_x.X"},
    }
    facts = read(write_model_folder(tmp_path, config))
    assert (facts.quantization, facts.own_code) == ("gptq", True)


# --- tokenizer and template ----------------------------------------------------------------------


def test_the_template_says_how_an_answer_ends(tmp_path: Path) -> None:
    chat = read_chat(tmp_path, pad="<|endoftext|>", stops=[100, 102, 999])
    assert chat.end_of_turn == "<|im_end|>"
    assert chat.system_turn == "own"
    assert chat.stop_tokens == ("<|im_end|>", "<|endoftext|>")
    assert (chat.pad, chat.end_of_sequence) == ("<|endoftext|>", "<|im_end|>")
    assert chat.template_tokens == 15  # 6 marks, and 3 times a role and two line ends
    assert not chat.writes_date


def test_a_template_that_refuses_a_system_turn_is_seen(tmp_path: Path) -> None:
    chat = read_chat(tmp_path, GEMMA_LIKE, tokens=("</s>",), eos="</s>")
    assert (chat.system_turn, chat.end_of_turn) == ("user", "</s>")


def test_a_date_and_the_argument_that_pins_it_are_seen(tmp_path: Path) -> None:
    chat = read_chat(tmp_path, LLAMA_LIKE, tokens=("</s>",), eos={"content": "</s>"})
    assert chat.writes_date
    assert "date_string" in chat.template_variables
    assert chat.end_of_turn == "</s>"


def test_where_nothing_follows_the_last_answer_the_next_turn_tells_its_end(tmp_path: Path) -> None:
    chat = read_chat(tmp_path, TURNS + "{% endfor %}", tokens=("<|user|>", "<|assistant|>"))
    assert chat.end_of_turn == "<|user|>"


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}",
        "{{ 1 / 0 }}",
        pytest.param(
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            marks=pytest.mark.slow,  # until its time is over
        ),
        "{{ ''.__class__.__mro__ }}",
        "x",
    ],
    ids=["syntax", "error", "endless", "escape", "nothing"],
)
def test_a_template_that_cannot_be_rendered_tells_nothing(template: str, tmp_path: Path) -> None:
    chat = read_chat(tmp_path, template)
    assert chat.has_template
    assert chat.end_of_turn is None


def test_a_template_may_stand_in_the_config_of_the_tokenizer(tmp_path: Path) -> None:
    write_model_folder(tmp_path, QWEN2_7B, template=None)
    tools = {"name": "tool_use", "template": "x"}
    listed = [tools, {"name": "default", "template": CHATML}]
    config = {"eos_token": "<|im_end|>", "chat_template": listed}
    write_json(tmp_path / "tokenizer_config.json", config)
    chat = read(tmp_path).chat
    assert chat is not None
    assert chat.end_of_turn == "<|im_end|>"


def test_a_base_model_has_no_template(tmp_path: Path) -> None:
    assert not read_chat(tmp_path, None).has_template


# --- weights -------------------------------------------------------------------------------------


def test_the_headers_of_the_weights_are_counted(tmp_path: Path) -> None:
    write_model_folder(tmp_path, OLMO2_7B)
    write_weights(tmp_path, {**list_shapes(OLMO2_7B), "visual.patch.weight": [10, 20]})
    weights = read(tmp_path).weights
    assert weights is not None
    assert (weights.kind, weights.layers, weights.vocabulary) == ("safetensors", 32, 100352)
    assert (weights.hidden, weights.tied, weights.vision_parameters) == (4096, False, 200)
    blocks = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11008)
    assert weights.parameters == blocks + 2 * 100352 * 4096 + 200


def test_missing_and_pickled_weights_are_seen(tmp_path: Path) -> None:
    write_model_folder(tmp_path, OLMO2_7B)
    assert (weights := read(tmp_path).weights) and weights.kind == "none"
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    assert (weights := read(tmp_path).weights) and weights.kind == "pickled"
    names = {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "../other.safetensors"}
    write_json(tmp_path / "model.safetensors.index.json", {"weight_map": names})
    write_weights(tmp_path, {"a": [1]}, "model-1.safetensors")
    weights = read(tmp_path).weights
    assert weights is not None
    assert (weights.kind, weights.missing) == ("safetensors", ("model-2.safetensors",))
    assert weights.parameters is None


# --- caches of hubs ------------------------------------------------------------------------------


def test_a_model_in_the_cache_of_a_hub_is_read(tmp_path: Path) -> None:
    snapshots = tmp_path / "hf" / "models--acme--olmo" / "snapshots"
    write_model_folder(snapshots / "old", {**OLMO2_7B, "num_hidden_layers": 1})
    write_model_folder(snapshots / "new", OLMO2_7B)
    os.utime(snapshots / "old", (1, 1))
    found = read_cached_model("acme/olmo", {"HF_HUB_CACHE": str(tmp_path / "hf")})
    assert found is not None
    assert found.numbers["layers"] == 32
    write_model_folder(tmp_path / "ms" / "models" / "acme" / "olmo-1___5", OLMO2_7B)
    assert read_cached_model("acme/olmo-1.5", {"MODELSCOPE_CACHE": str(tmp_path / "ms")})
    empty = {"HOME": str(tmp_path), "HF_HOME": str(tmp_path)}
    assert read_cached_model("acme/olmo", empty) is None
