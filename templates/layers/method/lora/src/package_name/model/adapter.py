"""LoRA: small trainable matrices beside frozen weights (Hu et al. 2021, arXiv:2106.09685)."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from ..config import AdapterConfig
from ..runtime.errors import ProjectError
from ..runtime.messages import fill


def add_adapter(
    model: PreTrainedModel, adapter: AdapterConfig, *, checkpointing: bool
) -> PeftModel:
    """The model with its adapter; only the adapter's weights will change."""
    if checkpointing:
        # frozen embeddings give outputs without gradient: checkpointing would train nothing
        model.enable_input_require_grads()
    try:
        adapted = get_peft_model(
            model,
            LoraConfig(
                task_type="CAUSAL_LM",
                r=adapter.rank,
                lora_alpha=adapter.alpha,
                lora_dropout=adapter.dropout,
                target_modules=adapter.target_modules,
            ),
        )
    except (ValueError, re.error) as error:  # a text is taken for a pattern
        if isinstance(error, ValueError) and "target" not in str(error).lower():
            raise
        raise ProjectError(
            "adapter.target_modules matches no module of this model: {targets}",
            "write all-linear, or names from model.named_modules()",
            targets=adapter.target_modules,
        ) from error
    # the Trainer saves with these, too: peft would ask a hub for a vocabulary that nothing here
    # changes, and write a blank model card with the path of the base model into every checkpoint
    adapted.save_pretrained = partial(adapted.save_pretrained, save_embedding_layers=False)
    adapted.create_or_update_model_card = lambda _: None
    return adapted


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Write the adapter, which names its base as `peft_config` does."""
    model.save_pretrained(str(folder))


def describe_trained_weights(model: PeftModel) -> str:
    """One line: how much is trained, and where."""
    trained, total = model.get_nb_trainable_parameters()
    modules = sum(name.endswith("lora_A") for name, _ in model.named_modules())
    return fill(
        "{trained:,} of {total:,} weights ({share:.2%}) in {modules} modules",
        trained=trained,
        total=total,
        share=trained / total,
        modules=modules,
    )
