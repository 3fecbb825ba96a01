"""Full fine-tuning without its code: the section of run.yaml, and what a run leaves behind."""

from __future__ import annotations

from typing import Literal

from ..task_base import ConfigSection
from .weight_count import WeightCount

PACKAGES = ()  # whose versions a run records
TRAINED_FOLDER = "model"  # of a run
CONFIG_FILE = "config.json"
WEIGHTS_PATTERN = "model*.safetensors"

# weights and gradients 4 each, the two moments of AdamW 8; autocast keeps a copy in 16 bit
_BYTES_PER_WEIGHT = {"fp32": 16, "bf16": 18, "fp16": 18}
MEMORY_CONTENT = "weights, gradients and optimizer"
# the best checkpoint, which keeps its weights alone (4), the last one (12), and the next one while
# it is written (12)
CHECKPOINTS_BYTES_PER_WEIGHT = 28
Checkpointing = bool
CAN_CHECKPOINT = True  # activations may be computed again in the backward pass

CARD_SUMMARY = "The base model {base} with all weights fine-tuned."
CARD_LICENSE = "- The limitations and the licence of the base model apply to this model as well."
CARD_LIBRARY = "transformers"
CARD_TAGS = ("full-fine-tuning", "transformers")
# for code that uses the model; {loader} is its class, {dtype} the precision
LOADING_CODE = """\
from transformers import {loader}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("MODEL")
model = {loader}.from_pretrained("MODEL", dtype="{dtype}")"""
GENERATING_CODE = """\
written = model.generate(**inputs, do_sample=False, max_new_tokens=64, eos_token_id=stop)"""


class MethodConfig(ConfigSection):
    """Full fine-tuning has no settings of its own."""

    name: Literal["full"]


def get_weights_precision(precision: str) -> str:
    """The precision in which training keeps the weights: bf16 would round most updates away."""
    return "fp32"


def compute_memory(weights: WeightCount, precision: str) -> float:
    """The bytes that weights, gradients and optimizer take, before the first activation."""
    return weights.all * _BYTES_PER_WEIGHT[precision]
