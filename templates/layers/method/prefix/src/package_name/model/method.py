"""Prefix tuning without its code: the section of run.yaml, and what a run leaves behind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from ..runtime.messages import fill
from ..task_base import ConfigSection, PositiveCount
from .weight_count import WeightCount

PACKAGES = ("peft",)  # whose versions a run records
TRAINED_FOLDER = "adapter"  # of a run
CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
WEIGHTS_PATTERN = WEIGHTS_FILE

_BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}
MEMORY_CONTENT = "weights alone"
CHECKPOINTS_BYTES_PER_WEIGHT = 0  # a projection and its optimizer are small beside the model

CARD_SUMMARY = "A prefix (P-tuning v2) for the base model {base}."
CARD_LICENSE = "- The limitations and the licence of the base model apply to the prefix as well."
CARD_LIBRARY = "peft"
CARD_TAGS = ("prefix-tuning", "p-tuning-v2", "transformers")
# for code that uses the model; {base} is the base model as Python names it, {loader} its class,
# {dtype} the precision, {unpacking} the lines that packed weights need
LOADING_CODE = """\
import torch
from peft import PeftModel
from transformers import {classes}

tokenizer = AutoTokenizer.from_pretrained("ADAPTER")
{unpacking}base = {loader}.from_pretrained({base}, dtype="{dtype}")
model = PeftModel.from_pretrained(base, "ADAPTER").eval()"""
# without a cache: `model.generate` of peft 0.21 loses the prefix with transformers 5.24
GENERATING_CODE = """\
written = inputs["input_ids"]
for _ in range(64):
    token = model(input_ids=written).logits[:, -1].argmax(dim=-1, keepdim=True)
    written = torch.cat([written, token], dim=1)
    if token.item() in stop:
        break"""


def _leaves_the_prefix_in_sight(checkpointing: bool) -> bool:
    """Refuse to compute layers again, which peft's prefix does not allow."""
    if checkpointing:
        raise ValueError(
            fill(
                "a layer that is computed again in the backward pass would not see the prefix: "
                "set it to false"
            )
        )
    return checkpointing


Checkpointing = Annotated[bool, AfterValidator(_leaves_the_prefix_in_sight)]
CAN_CHECKPOINT = False


class MethodConfig(ConfigSection):
    """The prefix; the weights of the model stay as they are."""

    name: Literal["prefix"]
    num_virtual_tokens: PositiveCount
    projection_size: PositiveCount


def get_weights_precision(precision: str) -> str:
    """The precision in which training keeps the weights of the base model."""
    return precision


def compute_memory(weights: WeightCount, precision: str) -> float:
    """The bytes that the weights take, before the first activation."""
    return weights.all * _BYTES_PER_WEIGHT[precision]
