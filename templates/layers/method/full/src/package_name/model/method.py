"""Full fine-tuning without its code: the section of run.yaml, and what a run leaves behind."""

from __future__ import annotations

from typing import Literal

from ..task_base import ConfigSection

PACKAGES = ()  # whose versions a run records
TRAINED_FOLDER = "model"  # of a run
CONFIG_FILE = "config.json"
WEIGHTS_PATTERN = "model*.safetensors"

# weights and gradients 4 each, the two moments of AdamW 8; autocast keeps a copy in 16 bit
BYTES_PER_WEIGHT = {"auto": 16, "fp32": 16, "bf16": 18, "fp16": 18}
MEMORY_CONTENT = "weights, gradients and optimizer"
CHECKPOINT_BYTES_PER_WEIGHT = 12  # the last one; the best one before it keeps its weights alone

CARD_SUMMARY = "The base model {base} with all weights fine-tuned."
CARD_LIBRARY = "transformers"
CARD_TAGS = ("full-fine-tuning", "transformers")
# for code that uses the model; {base} is the base model as Python names it
LOADING_CODE = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("MODEL")
model = AutoModelForCausalLM.from_pretrained("MODEL")"""


class MethodConfig(ConfigSection):
    """Full fine-tuning has no settings of its own."""

    name: Literal["full"]


def get_weights_precision(precision: str) -> str:
    """The precision in which training keeps the weights: bf16 would round most updates away."""
    return "fp32"
