"""LoRA without its code: what a run leaves behind, and what it says of itself."""

from __future__ import annotations

from .method_config import MethodConfig as MethodConfig
from .weight_count import WeightCount

PACKAGES = ("peft",)  # whose versions a run records
TRAINED_FOLDER = "adapter"  # of a run
CONFIG_FILE = "adapter_config.json"
WEIGHTS_PATTERN = "adapter_model*.safetensors"

_BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}
MEMORY_CONTENT = "weights alone"
CHECKPOINTS_BYTES_PER_WEIGHT = 0  # an adapter and its optimizer are a hundredth of the model
Checkpointing = bool
CAN_CHECKPOINT = True  # activations may be computed again in the backward pass

CARD_SUMMARY = "A LoRA adapter for the base model {base}."
CARD_LICENSE = "- The limitations and the licence of the base model apply to the adapter as well."
CARD_LIBRARY = "peft"
CARD_TAGS = ("lora", "transformers")
# for code that uses the model; {base} is the base model as Python names it, {loader} its class,
# {dtype} the precision, {unpacking} the lines that packed weights need
LOADING_CODE = """\
from peft import PeftModel
from transformers import {classes}

tokenizer = AutoTokenizer.from_pretrained("ADAPTER")
{unpacking}base = {loader}.from_pretrained({base}, dtype="{dtype}")
model = PeftModel.from_pretrained(base, "ADAPTER")"""
GENERATING_CODE = """\
written = model.generate(**inputs, do_sample=False, max_new_tokens=64, eos_token_id=stop)"""


def get_weights_precision(precision: str) -> str:
    """The precision in which training keeps the weights of the base model."""
    return precision


def compute_memory(weights: WeightCount, precision: str) -> float:
    """The bytes that the weights take, before the first activation."""
    return weights.all * _BYTES_PER_WEIGHT[precision]
