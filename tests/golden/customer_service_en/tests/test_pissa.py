"""PiSSA: the adapter starts from the weights, and is saved for the base model as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from golden_desk.config import Config
from golden_desk.model.adapter import (
    TunedModel,
    load_trained,
    prepare_for_training,
    save_trained,
)
from golden_desk.model.load import load_base_model
from golden_desk.model.method import MethodConfig
from golden_desk.model.verify import ModelFolder


def compute_logits(model: TunedModel) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([[5, 6, 7]], device=model.device)).logits


@pytest.mark.parametrize("rslora", [False, True])
def test_what_is_saved_fits_the_untouched_base(
    rslora: bool, config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    values = {"pissa": True, "dropout": 0.0, "rslora": rslora, "rank": 4}
    method = config.method.model_copy(update=values)
    base = load_base_model(tiny_model.path, config.model)
    untouched = compute_logits(load_base_model(tiny_model.path, config.model).eval())
    tuned = prepare_for_training(base, method, checkpointing=False, base_name="base").eval()
    assert torch.allclose(compute_logits(tuned), untouched, atol=1e-4)  # nothing is learned yet
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            weight.data += 0.05
    save_trained(tuned, tmp_path / "adapter", "fp32")
    saved = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert (saved["init_lora_weights"], saved["r"]) == (True, 8)
    loaded = load_trained(tiny_model.path, config.model, tmp_path / "adapter")
    assert torch.allclose(compute_logits(loaded), compute_logits(tuned), atol=1e-3)
    assert not torch.allclose(compute_logits(loaded), untouched, atol=1e-2)
    with loaded.disable_adapter():
        assert torch.equal(compute_logits(loaded), untouched)


def test_pissa_and_dora_exclude_each_other(config: Config) -> None:
    both = config.method.model_dump() | {"pissa": True, "dora": True}
    with pytest.raises(ValidationError, match="PiSSA"):
        MethodConfig.model_validate(both)
