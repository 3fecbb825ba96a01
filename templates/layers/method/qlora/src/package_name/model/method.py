"""QLoRA without its code: what a run leaves behind, and what it says of itself."""

from __future__ import annotations

import logging

from .method_config import MethodConfig as MethodConfig
from .weight_count import WeightCount

PACKAGES = ("bitsandbytes", "peft")  # whose versions a run records
# on CPUs with AVX512-BF16 every command would advise a package that no training uses
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
TRAINED_FOLDER = "adapter"  # of a run
CONFIG_FILE = "adapter_config.json"
WEIGHTS_PATTERN = "adapter_model*.safetensors"

# NF4 with double quantisation: 4 bits, 8 for each 64 weights, and 32 for each 256 of those
# (arXiv:2305.14314, section 3)
_BYTES_PER_PACKED_WEIGHT = (4 + 8 / 64 + 32 / (64 * 256)) / 8
# of embeddings, norms and the output embeddings
_BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}
MEMORY_CONTENT = "weights in 4 bit alone"
CHECKPOINTS_BYTES_PER_WEIGHT = 0  # an adapter and its optimizer are a hundredth of the model
Checkpointing = bool
CAN_CHECKPOINT = True  # activations may be computed again in the backward pass

CARD_SUMMARY = "A LoRA adapter, trained on the base model {base} in 4 bit."
CARD_LICENSE = "- The limitations and the licence of the base model apply to the adapter as well."
CARD_LIBRARY = "peft"
CARD_TAGS = ("lora", "qlora", "transformers")
# for code that uses the model; {base} is the base model as Python names it, {loader} its class,
# {dtype} the precision
LOADING_CODE = """\
from peft import PeftModel
from transformers import {loader}, AutoTokenizer, BitsAndBytesConfig

tokenizer = AutoTokenizer.from_pretrained("ADAPTER")
in_4_bit = BitsAndBytesConfig(
    load_in_4bit=True,
    bnb_4bit_quant_type="nf4",
    bnb_4bit_use_double_quant=True,
    bnb_4bit_compute_dtype="{dtype}",
)
base = {loader}.from_pretrained(
    {base}, quantization_config=in_4_bit, dtype="{dtype}"
)
model = PeftModel.from_pretrained(base, "ADAPTER")"""
GENERATING_CODE = """\
written = model.generate(**inputs, do_sample=False, max_new_tokens=64, eos_token_id=stop)"""


def get_weights_precision(precision: str) -> str:
    """The precision of what stays unquantised, and in which 4-bit weights are multiplied."""
    return precision


def compute_memory(weights: WeightCount, precision: str) -> float:
    """The bytes that the weights take, before the first activation."""
    packed = weights.linear * _BYTES_PER_PACKED_WEIGHT
    return packed + weights.others * _BYTES_PER_WEIGHT[precision]
