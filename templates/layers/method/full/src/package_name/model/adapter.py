"""Full fine-tuning: all weights of the model are trained, in fp32."""

from __future__ import annotations

from transformers import PreTrainedModel

from ..runtime.messages import fill
from .method import MethodConfig
from .whole_model import (
    CALLBACKS,
    TunedModel,
    base_model,
    begin_cache,
    create_optimizer,
    keep_input_precision,
    load_trained,
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


def prepare_for_training(
    base: PreTrainedModel,
    method: MethodConfig,
    *,
    checkpointing: bool,
    base_name: str,
) -> TunedModel:
    """The base model itself."""
    # a checkpoint holds tied weights once, and the Trainer warns of those that are not named here
    base._keys_to_ignore_on_save = set(base.all_tied_weights_keys)
    return base


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained."""
    return fill("all {total:,} weights", total=model.num_parameters())
