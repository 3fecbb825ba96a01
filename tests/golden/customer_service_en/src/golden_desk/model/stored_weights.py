"""How the files of the base model keep its weights: in 16 or 32 bit, which can be trained."""

from __future__ import annotations

from pathlib import Path

from transformers import PreTrainedConfig

from ..runtime.errors import ProjectError

UNPACKING_CODE = ""  # of a model card: there is nothing to unpack


def prepare_stored_weights(config: PreTrainedConfig, folder: Path) -> None:
    """Refuse quantised weights."""
    stored = getattr(config, "quantization_config", None)
    if stored:
        raise ProjectError(
            "{folder} holds quantised weights ({format}), which cannot be trained",
            "set model.id to the same model in 16 bit",
            folder=folder,
            format=stored.get("quant_method"),
        )
