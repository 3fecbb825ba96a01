"""How the files of the base model keep its weights: packed in fewer bits than are trained."""

from __future__ import annotations

from pathlib import Path

from transformers import PreTrainedConfig

from ..runtime.errors import ProjectError

# formats that transformers turns into 16 or 32 bit when it loads them
UNPACKED_FORMATS = ("mxfp4", "fp8")
# the lines of a model card that load them so
UNPACKING_CODE = """\
config = AutoConfig.from_pretrained({base})
config.quantization_config["dequantize"] = True  # as it was trained
"""


def prepare_stored_weights(config: PreTrainedConfig, folder: Path) -> None:
    """Have packed weights unpacked when they are loaded: they cannot be trained as they are."""
    stored = getattr(config, "quantization_config", None)
    if not stored:
        return
    if stored.get("quant_method") not in UNPACKED_FORMATS:
        raise ProjectError(
            "{folder} holds quantised weights ({format}), which cannot be trained",
            "set model.id to the same model in 16 bit",
            folder=folder,
            format=stored.get("quant_method"),
        )
    stored["dequantize"] = True
