"""The code of a model card loads what training trained."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from golden_project import GOLDEN
from newft.catalog.loader import load_catalog
from support.stand_in_hubs import compose
from support.tiny_families import build_tiny_model, list_variants
from support.tiny_model import write_tokenizer

pytestmark = pytest.mark.slow

PACKED = r".*language_model.*_proj"  # modules
LARGEST = torch.finfo(torch.float8_e4m3fn).max


def make_packed_ministral(folder: Path) -> None:
    """A small Ministral 3 as on the hub: linear modules in FP8, each with a scale."""
    family = load_catalog().families["ministral3"]
    (size,) = list_variants(family).values()
    build_tiny_model(family, size, write_tokenizer(folder)).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if re.fullmatch(PACKED + ".weight", name)]:
        scale = weights[name].abs().max().float() / LARGEST
        weights[name] = (weights[name].float() / scale).to(torch.float8_e4m3fn)
        weights[f"{name}_scale_inv"] = scale
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    values = json.loads((folder / "config.json").read_text())
    values["quantization_config"] = {
        "quant_method": "fp8",
        "activation_scheme": "static",
        "weight_block_size": None,
        "modules_to_not_convert": ["model.vision_tower", "model.multi_modal_projector", "lm_head"],
    }
    (folder / "config.json").write_text(json.dumps(values))


def save_untrained(package: str, base: Path) -> Any:
    """A run in the folder of the model, with the weights that training begins with."""
    modules = ("config", "model.adapter", "model.load", "model.verify", "training.run_dir")
    config, adapter, load, verify, run_dir = (
        import_module(f"{package}.{each}") for each in modules
    )
    values = {"source": "folder", "id": base, "precision": "bf16", "attention": "sdpa"}
    overrides = [f"model.{key}={value}" for key, value in values.items()]
    overrides.append(f"method.target_modules={PACKED}")
    settings = config.load_config(GOLDEN / "config" / "run.yaml", overrides)
    run = run_dir.RunDir(base.parent / "run")
    run.begin(settings, {}, data="", folder=verify.ModelFolder(base, None))
    model = adapter.prepare_for_training(
        load.load_base_model(base, settings.model, torch.device("cpu")),
        settings.method,
        checkpointing=False,
        base_name=base.name,
    )
    adapter.save_trained(model, run.trained_folder, "bf16")
    load.load_tokenizer(base, settings.model).save_pretrained(run.trained_folder)
    write = import_module(f"{package}.training.model_card").write_model_card
    write(run, settings, load.read_model_config(base))
    return model, run.trained_folder


# peft 0.21 asks the model by a name that transformers is giving up
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_packed_weights_of_a_class_that_sees_images_are_loaded_as_training_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ("model/packed",)
    monkeypatch.syspath_prepend(
        compose("folder", tmp_path / "project", package="card_desk", others=others)
    )
    make_packed_ministral(tmp_path / "tiny")
    model, folder = save_untrained("card_desk", tmp_path / "tiny")
    (code,) = re.findall(r"(?s)```python\n(.*?)\n```", (folder / "README.md").read_text())
    assert "AutoModelForImageTextToText" in code
    monkeypatch.chdir(tmp_path)  # the card names the model by its folder
    loaded: dict[str, Any] = {}
    exec(code.replace('"ADAPTER"', repr(str(folder))), loaded)
    expected = model.state_dict()
    found = loaded["model"].state_dict()
    assert found.keys() == expected.keys()
    assert [name for name in found if not found[name].equal(expected[name])] == []
