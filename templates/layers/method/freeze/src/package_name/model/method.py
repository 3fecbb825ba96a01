"""Freeze without its code: the section of run.yaml, and what a run leaves behind."""

from __future__ import annotations

from typing import Literal

from ..task_base import ConfigSection, PositiveCount
from .weight_count import WeightCount

PACKAGES = ()  # whose versions a run records
TRAINED_FOLDER = "model"  # of a run
CONFIG_FILE = "config.json"
WEIGHTS_PATTERN = "model*.safetensors"

# the frozen weights, which are nearly all; those of a trained block take 16
_BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}
MEMORY_CONTENT = "weights alone"
# the best checkpoint, the last one and the next one while it is written keep all weights (4 each at
# most); the optimizer states of a few blocks are small beside them
CHECKPOINTS_BYTES_PER_WEIGHT = 12
Checkpointing = bool
CAN_CHECKPOINT = True  # activations may be computed again in the backward pass

CARD_SUMMARY = "The base model {base} with the weights of its last blocks fine-tuned."
CARD_LICENSE = "- The limitations and the licence of the base model apply to this model as well."
CARD_LIBRARY = "transformers"
CARD_TAGS = ("freeze", "transformers")
# for code that uses the model; {loader} is its class, {dtype} the precision
LOADING_CODE = """\
from transformers import {loader}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("MODEL")
model = {loader}.from_pretrained("MODEL", dtype="{dtype}")"""
GENERATING_CODE = """\
written = model.generate(**inputs, do_sample=False, max_new_tokens=64, eos_token_id=stop)"""


class MethodConfig(ConfigSection):
    """Which blocks are trained; all other weights stay as they are."""

    name: Literal["freeze"]
    trained_blocks: PositiveCount  # the last ones


def get_weights_precision(precision: str) -> str:
    """The precision in which training keeps the frozen weights."""
    return precision


def compute_memory(weights: WeightCount, precision: str) -> float:
    """The bytes that the weights take, before the first activation."""
    return weights.all * _BYTES_PER_WEIGHT[precision]
