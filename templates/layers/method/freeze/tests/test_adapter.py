"""Freeze: which blocks are trained, what is saved, and which model is the base."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from package_name.config import Config
from package_name.model.adapter import (
    TunedModel,
    base_model,
    describe_trained_weights,
    load_trained,
    prepare_for_training,
    save_trained,
)
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder
from package_name.runtime.errors import ProjectError


def prepare_model(
    folder: Path, config: Config, *, blocks: int = 1, precision: str = "bf16"
) -> TunedModel:
    model = config.model.model_copy(update={"precision": precision})
    method = config.method.model_copy(update={"trained_blocks": blocks})
    base = load_base_model(folder, model)
    return prepare_for_training(base, method, checkpointing=False, base_name="base")


def test_only_the_last_block_is_trained_and_in_fp32(
    config: Config, tiny_model: ModelFolder
) -> None:
    model = prepare_model(tiny_model.path, config)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert trained and all(name.startswith("model.layers.1.") for name in trained)
    for name, weight in model.named_parameters():
        assert weight.dtype == (torch.float32 if name in trained else torch.bfloat16)
    assert f"{model.num_parameters(only_trainable=True):,}" in describe_trained_weights(model)


def test_more_blocks_than_the_model_has_are_refused(
    config: Config, tiny_model: ModelFolder
) -> None:
    with pytest.raises(ProjectError, match="3"):
        prepare_model(tiny_model.path, config, blocks=3)


def test_a_step_changes_the_last_block_alone(config: Config, tiny_model: ModelFolder) -> None:
    model = prepare_model(tiny_model.path, config, precision="fp32").train()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    tokens = torch.tensor([[5, 6, 7]], device=model.device)
    model(tokens, labels=tokens).loss.backward()
    torch.optim.AdamW(each for each in model.parameters() if each.requires_grad).step()
    for name, weight in model.named_parameters():
        assert torch.equal(weight, before[name]) != name.startswith("model.layers.1.")


def test_the_base_is_loaded_beside_the_tuned_model(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config, precision="fp32")
    original = tuned.model.layers[1].mlp.up_proj.weight.detach().clone()
    tuned.model.layers[1].mlp.up_proj.weight.data += 1
    save_trained(tuned, tmp_path / "model", "fp32")
    tuned = load_trained(tiny_model.path, config.model, tmp_path / "model")
    with base_model(tuned, lambda: load_base_model(tiny_model.path, config.model)) as base:
        assert torch.equal(base.model.layers[1].mlp.up_proj.weight, original)
    assert torch.allclose(tuned.model.layers[1].mlp.up_proj.weight, original + 1)
