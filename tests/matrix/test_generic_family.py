"""Models of classes that no family of the catalogue has: a project takes all from their files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

from newft.catalog.loader import load_catalog
from support.emitted_project import make_desk
from support.tiny_model import write_tokenizer

pytestmark = pytest.mark.slow

SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}
# with blocks like those of LLaMA, with fused queries, keys and values, with Conv1D, with experts,
# with Mamba blocks
MODULES = {
    "olmo2": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj",
    "granite": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj",
    "cohere": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj",
    "starcoder2": "q_proj k_proj v_proj o_proj c_fc c_proj",
    "falcon": "query_key_value dense dense_h_to_4h dense_4h_to_h",
    "gpt_neox": "query_key_value dense dense_h_to_4h dense_4h_to_h",
    "gpt2": "c_attn c_fc c_proj",
    "mixtral": "q_proj k_proj v_proj o_proj",
    "falcon_h1": "in_proj q_proj k_proj v_proj o_proj gate_proj up_proj down_proj",
    "nemotron_h": "in_proj q_proj k_proj v_proj o_proj up_proj down_proj",
}
# `make matrix` takes all; the blocks of gpt2 are called otherwise
EACH = [
    pytest.param(kind, marks=() if kind in ("olmo2", "gpt2") else pytest.mark.matrix)
    for kind in MODULES
]


def write_model(kind: str, folder: Path) -> str:
    """Write a small model of a kind, and return its class."""
    vocabulary = write_tokenizer(folder)
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=vocabulary, **SHAPE)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    return type(model).__name__


@pytest.mark.parametrize("kind", EACH)
def test_a_model_without_a_family_is_trained_and_asked(kind: str, tmp_path: Path) -> None:
    name = write_model(kind, tmp_path / "model")
    assert not [one for one in load_catalog().families.values() if name in one.architectures]
    desk = make_desk(tmp_path, model=("generic", tmp_path / "model"))
    for words in (("prepare",), ("check",), ("train",), ("chat", "--once", "where is it?")):
        done = desk.run(*words)
        assert done.returncode == 0, done.stderr
    assert done.stdout  # of random weights, which may answer in empty lines
    weights = load_file(desk.folder / "runs/intent-lora/adapter/adapter_model.safetensors")
    outputs = {name: weight for name, weight in weights.items() if "lora_B" in name}
    modules = {name.split(".lora_")[0].rpartition(".")[2] for name in outputs}
    assert modules == {*MODULES[kind].split()}
    assert [name for name, weight in outputs.items() if not weight.any()] == []
