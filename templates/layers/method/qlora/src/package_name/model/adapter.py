"""QLoRA: a LoRA adapter beside weights in 4 bit (Dettmers et al. 2023, arXiv:2305.14314)."""

from __future__ import annotations

from .lora_model import (
    CALLBACKS,
    TunedModel,
    base_model,
    begin_cache,
    create_optimizer,
    describe_trained_weights,
    keep_input_precision,
    load_trained,
    prepare_for_training,
    save_trained,
)

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
