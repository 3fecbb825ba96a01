"""Freeze: all weights of the last blocks are trained, in fp32; the others stay as they are."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .blocks import find_blocks
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
    """The base model, with its last blocks in fp32 and all other weights frozen."""
    blocks = find_blocks(base)
    if method.trained_blocks > len(blocks):
        raise ProjectError(
            "method.trained_blocks is {wanted}, but this model has {count} blocks",
            "set it to {count} or fewer",
            wanted=method.trained_blocks,
            count=len(blocks),
        )
    base.requires_grad_(False)
    for block in blocks[-method.trained_blocks :]:
        # in 16 bit, most updates would be rounded away; autocast multiplies in 16 bit all the same
        block.to(torch.float32).requires_grad_(True)
    # a checkpoint holds tied weights once, and the Trainer warns of those that are not named here
    base._keys_to_ignore_on_save = set(base.all_tied_weights_keys)
    return base


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained."""
    trained, total = model.num_parameters(only_trainable=True), model.num_parameters()
    return fill(
        "{trained:,} of {total:,} weights ({share:.2%})",
        trained=trained,
        total=total,
        share=trained / total,
    )
