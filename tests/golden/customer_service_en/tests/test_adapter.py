"""LoRA: what is trained and saved, and which model is the base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from golden_desk.config import Config
from golden_desk.model.adapter import (
    TunedModel,
    base_model,
    load_trained,
    prepare_for_training,
    save_trained,
)
from golden_desk.model.load import load_base_model
from golden_desk.model.method import MethodConfig
from golden_desk.model.verify import ModelFolder
from golden_desk.runtime.errors import ProjectError


def prepare_model(folder: Path, config: Config) -> TunedModel:
    base = load_base_model(folder, config.model)
    return prepare_for_training(
        base, config.method, checkpointing=False, base_name="organisation/base"
    )


def test_only_the_adapter_is_saved_and_it_names_its_base(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config)
    trained = [name for name, weight in tuned.named_parameters() if weight.requires_grad]
    assert trained and all("lora_" in name for name in trained)
    save_trained(tuned, tmp_path / "adapter", "fp32")
    saved = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["base_model_name_or_path"] == "organisation/base"
    assert sorted(path.name for path in (tmp_path / "adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_the_base_is_the_tuned_model_without_its_adapter(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config)
    for weight in tuned.parameters():
        if weight.requires_grad:
            weight.data += 0.1
    save_trained(tuned, tmp_path / "adapter", "fp32")
    tuned = load_trained(tiny_model.path, config.model, tmp_path / "adapter")
    untouched = load_base_model(tiny_model.path, config.model).eval()
    tokens = torch.tensor([[5, 6, 7]], device=tuned.device)
    with torch.inference_mode():
        expected = untouched(tokens).logits
        with base_model(tuned, lambda: untouched) as base:
            assert torch.allclose(base(tokens).logits, expected)
        assert not torch.allclose(tuned(tokens).logits, expected)


def change_method(config: Config, **values: object) -> Config:
    method = MethodConfig.model_validate(config.method.model_dump() | {"dropout": 0.0} | values)
    return config.model_copy(update={"method": method})


def compute_logits(model: TunedModel) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([[5, 6, 7]], device=model.device)).logits


@pytest.mark.parametrize("flag", ["rslora", "dora"])
def test_a_variant_of_lora_is_saved_and_loaded(
    flag: str, config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, change_method(config, **{flag: True})).eval()
    for weight in tuned.parameters():
        if weight.requires_grad:
            weight.data += 0.1
    save_trained(tuned, tmp_path / "adapter", "fp32")
    saved = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved[f"use_{flag}"] is True
    loaded = load_trained(tiny_model.path, config.model, tmp_path / "adapter")
    assert torch.allclose(compute_logits(loaded), compute_logits(tuned), atol=1e-4)


def test_matrix_b_never_learns_slower_than_a(config: Config) -> None:
    with pytest.raises(ValidationError, match="loraplus_lr_ratio"):
        change_method(config, loraplus_lr_ratio=0.5)


def test_modules_that_the_model_lacks_are_named(config: Config, tiny_model: ModelFolder) -> None:
    method = config.method.model_copy(update={"target_modules": ["query"]})
    with pytest.raises(ProjectError, match="query"):
        prepare_model(tiny_model.path, config.model_copy(update={"method": method}))


@pytest.mark.parametrize(
    "names", [["q_proj", "lm_head"], ["q_proj", "foo_proj"], r".*(q_proj|head)"]
)
def test_only_modules_of_the_blocks_are_adapted_and_every_name_has_one(
    names: str | list[str], config: Config, tiny_model: ModelFolder
) -> None:
    method = config.method.model_copy(update={"target_modules": names})
    with pytest.raises(ProjectError, match="foo_proj" if "foo_proj" in names else "lm_head"):
        prepare_model(tiny_model.path, config.model_copy(update={"method": method}))
