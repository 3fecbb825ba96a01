"""What a project finds in the config.json of a hub is the model that its run.yaml describes."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GptOssConfig, GptOssForCausalLM

from newft.catalog.loader import load_catalog
from newft.schema.family import Family, ModelSpec
from support.exported_plans import plan_for
from support.model_configs import WRAPPED, build_config, wrap_config
from support.stand_in_hubs import compose
from support.tiny_families import list_variants

pytestmark = pytest.mark.slow

FAMILIES = [each for each in load_catalog().families.values() if each.successor is None]
MODELS = {
    f"{family.id}-{architecture}": (family, architecture, size)
    for family in FAMILIES
    for architecture, size in list_variants(family).items()
} | {
    size.hub_id: (family, size.architecture or family.architectures[0], size)
    for family in FAMILIES
    for size in family.sizes
    if size.quantization
}
PACKAGES = {"plain_desk": (), "unpacking_desk": ("model/packed",)}


@pytest.fixture(scope="module")
def loaders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module that loads a model, of a project for 16 bit and of one for packed weights."""
    with pytest.MonkeyPatch.context() as patch:
        for package, others in PACKAGES.items():
            folder = tmp_path_factory.mktemp(package)
            patch.syspath_prepend(compose("folder", folder, package=package, others=others))
        yield {others: import_module(f"{name}.model.load") for name, others in PACKAGES.items()}


def write_hub_config(family: Family, architecture: str, size: ModelSpec, folder: Path) -> None:
    config = build_config(family, size)
    if architecture in WRAPPED:
        config = wrap_config(architecture, config)
    assert config.model_type in family.model_types
    values = config.to_dict() | {"architectures": [architecture]}
    if size.quantization:
        values["quantization_config"] = {"quant_method": size.quantization}
    (folder / "config.json").write_text(json.dumps(values, default=str), encoding="utf-8")


def find_base_model(
    load: ModuleType, folder: Path, described: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Whether the project takes the folder for the model that is described."""
    found = SimpleNamespace(path=folder, revision=None)
    monkeypatch.setattr(load, "fetch_model_folder", lambda _: found)  # it is here already
    return bool(load.find_base_model(SimpleNamespace(**described)) is found)


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_the_one_that_is_planned(
    name: str,
    loaders: dict[tuple[str, ...], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family, architecture, size = MODELS[name]
    write_hub_config(family, architecture, size, tmp_path)
    plan = plan_for(family, size, exports=("none",))
    load = loaders[tuple(layer for layer in plan.layers if layer.startswith("model/"))]
    described = {"id": plan.model.id, "architecture": plan.model.architecture, "parameters": None}
    assert find_base_model(load, tmp_path, described, monkeypatch)


def test_weights_that_cannot_be_unpacked_are_refused_before_they_are_loaded(
    loaders: dict[tuple[str, ...], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, architecture, size = MODELS["qwen3-Qwen3ForCausalLM"]
    write_hub_config(family, architecture, size, tmp_path)
    values = json.loads((tmp_path / "config.json").read_text())
    values["quantization_config"] = {"quant_method": "awq", "bits": 4}
    (tmp_path / "config.json").write_text(json.dumps(values))
    described = {"id": size.hub_id, "architecture": architecture, "parameters": None}
    for load in loaders.values():
        with pytest.raises(Exception, match=r"quantised weights \(awq\)"):
            find_base_model(load, tmp_path, described, monkeypatch)


def write_mxfp4_model(folder: Path) -> None:
    """A tiny gpt-oss whose experts are stored as on the hub: blocks of 32 values and scales."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "intermediate_size": 32, "head_dim": 32, "vocab_size": 100}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    experts = {"num_local_experts": 2, "num_experts_per_tok": 1}
    config = GptOssConfig(num_hidden_layers=1, **sizes, **heads, **experts)
    GptOssForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    for name in ("gate_up_proj", "down_proj"):
        expert = f"model.layers.0.mlp.experts.{name}"
        count, inputs, outputs = weights.pop(expert).shape
        blocks = (count, outputs, inputs // 32)
        weights[f"{expert}_blocks"] = torch.randint(0, 256, (*blocks, 16), dtype=torch.uint8)
        weights[f"{expert}_scales"] = torch.full(blocks, 127, dtype=torch.uint8)  # times 2**0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    values = json.loads((folder / "config.json").read_text())
    values["quantization_config"] = {"quant_method": "mxfp4"}
    (folder / "config.json").write_text(json.dumps(values))


def test_mxfp4_weights_become_weights_that_can_be_trained(
    loaders: dict[tuple[str, ...], ModuleType], tmp_path: Path
) -> None:
    write_mxfp4_model(tmp_path)
    model = SimpleNamespace(precision="bf16", attention="eager")
    base = loaders[("model/packed",)].load_base_model(tmp_path, model)
    experts = base.model.layers[0].mlp.experts
    assert experts.gate_up_proj.dtype == experts.down_proj.dtype == torch.bfloat16
    values = {0, 0.5, 1, 1.5, 2, 3, 4, 6}  # what 4 bits of a float can be, but for the sign
    assert set(experts.gate_up_proj.abs().unique().tolist()) == values
    base(input_ids=torch.tensor([[1, 2, 3]])).logits.sum().backward()
    assert experts.gate_up_proj.grad is not None
