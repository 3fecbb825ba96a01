"""LoRA, and PiSSA: an adapter that starts from the principal components of the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from . import lora_model
from .lora_model import (
    CALLBACKS,
    TunedModel,
    base_model,
    begin_cache,
    create_optimizer,
    describe_trained_weights,
    keep_input_precision,
    load_trained,
)
from .method import CONFIG_FILE, MethodConfig

__all__ = [
    "CALLBACKS",
    "TunedModel",
    "base_model",
    "begin_cache",
    "create_optimizer",
    "describe_trained_weights",
    "keep_input_precision",
    "load_trained",
    "prepare_for_training",
    "save_trained",
]


def prepare_for_training(
    base: PreTrainedModel, method: MethodConfig, *, checkpointing: bool, base_name: str
) -> TunedModel:
    """The base model with an adapter, which names it; only the adapter's weights are trained."""
    tuned = lora_model.prepare_for_training(
        base, method, checkpointing=checkpointing, base_name=base_name
    )
    if method.pissa:
        # PiSSA took this out of the base weights: what is saved must put it back
        state = get_peft_model_state_dict(tuned, save_embedding_layers=False)
        tuned.first_adapter = {
            name: weight.detach().cpu().clone() for name, weight in state.items()
        }
    return tuned


def save_trained(model: TunedModel, folder: Path, precision: str) -> None:
    """Write the adapter, as LoRA for the base model as it was."""
    lora_model.save_trained(model, folder, precision)
    if (first := getattr(model, "first_adapter", None)) is not None:
        _convert_to_lora(folder, first)


def _convert_to_lora(folder: Path, first: Mapping[str, torch.Tensor]) -> None:
    """Turn a PiSSA adapter into LoRA of twice the rank for the base model as it was.

    B A - B0 A0, where 0 is the first adapter, is [B, -B0] [A; A0].
    """
    weights, settings = folder / "adapter_model.safetensors", folder / CONFIG_FILE
    joined = {
        name: torch.cat([weight, first[name]], dim=0)
        if "lora_A" in name
        else torch.cat([weight, -first[name]], dim=1)
        for name, weight in load_file(weights).items()
    }
    save_file(joined, weights, metadata={"format": "pt"})
    config = json.loads(settings.read_text(encoding="utf-8"))
    config["init_lora_weights"] = True
    config["r"] *= 2
    config["lora_alpha"] *= 2**0.5 if config["use_rslora"] else 2  # the scale stays the same
    settings.write_text(json.dumps(config, indent=2), encoding="utf-8")
