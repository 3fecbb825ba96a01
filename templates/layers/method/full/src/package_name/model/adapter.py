"""Full fine-tuning: all weights that a text passes are trained, in fp32."""

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
    """The base model itself; a tower for images or sound, which no text passes, is frozen."""
    # its weights would never have gradients, and processes that train together wait for those
    base.requires_grad_(False)
    for language_model in (base.get_decoder(), base.get_output_embeddings()):
        language_model.requires_grad_(True)
    # a checkpoint holds tied weights once, and the Trainer warns of those that are not named here
    base._keys_to_ignore_on_save = set(base.all_tied_weights_keys)
    return base


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained."""
    trained, total = model.num_parameters(only_trainable=True), model.num_parameters()
    if trained == total:
        return fill("all {total:,} weights", total=total)
    return fill(
        "all {trained:,} weights of the language model, of {total:,} in all",
        trained=trained,
        total=total,
    )
