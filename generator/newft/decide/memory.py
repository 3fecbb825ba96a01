"""Estimate the peak memory of one device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newft.schema.family import ModelSpec

Range = tuple[float, float]
BYTES_PER_GB = 1e9
BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}

# Margin over the weights. Published peaks of LoRA runs, from 7B to 70B, exceed the sum of weights,
# adapter and activations by up to this factor (tests/decide/test_memory.py). None is published for
# an evaluation, which is assumed to need no more: rule of newft.
WEIGHTS_MARGIN = 1.15
# Margin over the activations saved by autograd, for QK-norm and short-lived buffers: rule of newft.
ACTIVATION_MARGIN = 1.25
# On a CPU the process keeps freed tensors: measured on SmolLM2, 76 to 86 KB per token and layer in
# fp32 and 53 to 56 KB in bf16, where autograd saves 40 to 47 and 27 to 29 KB; with gradient
# checkpointing up to 30 KB. Both are multiples of what autograd saves without checkpointing.
ACTIVATION_MARGIN_CPU = 2.4
RECOMPUTED_MARGIN_CPU = 0.8
BYTES_PER_LOGIT = (2, 14)  # 16 bit; or that, its 32-bit copy, the shifted copy and the gradient
DEVICE_CONTEXT_GB = 1.4  # CUDA context and kernels of one process
PROCESS_GB = 0.5  # Python with torch: peak of 1.0 GB with 0.52 GB of weights, SmolLM2 on a CPU


@dataclass(frozen=True)
class TrainingState:
    """What a method keeps in memory between two steps, in bytes, lowest and highest."""

    weights: Range  # of the whole model
    adapter: Range = (0.0, 0.0)  # trained weights beside those of the model
    gradients: Range = (0.0, 0.0)
    optimizer: Range = (0.0, 0.0)

    @property
    def total(self) -> Range:
        """The sum of the parts."""
        parts = (self.weights, self.adapter, self.gradients, self.optimizer)
        return sum(part[0] for part in parts), sum(part[1] for part in parts)


# The state of a model in a precision
StateEstimator = Callable[[ModelSpec, str], TrainingState]


@dataclass(frozen=True)
class Workload:
    """What the memory use of one device depends on."""

    state: StateEstimator
    precision: str
    batch_size: int
    length: int  # tokens
    checkpointing: bool
    logits_per_row: int  # the project computes logits only for the tokens of the target
    on_cpu: bool = False


def estimate_activation_bytes(size: ModelSpec, precision: str) -> Range:
    """Estimate the activation bytes saved per token and layer if all linear modules are trained.

    The lower bound holds without padding. The upper bound holds with a padding mask, for which keys
    and values are repeated for every query head. With LoRA, torch's saved_tensors_hooks measure on
    SmolLM2, in thousands of bytes: 40.2 and (with the mask) 45 to 47 in fp32, estimated as 39.9 and
    43.0; 26.7 and 28.8 in bf16 under autocast, estimated as at most 28.4.
    """
    hidden, inner = size.hidden, size.intermediate
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    # inputs and outputs of two norms; queries, output, keys, values; gate, its SiLU, up, product
    least = BYTES_PER_WEIGHT[precision] * (4 * hidden + 2 * query + 2 * key + 4 * inner)
    if precision == "fp32":
        return least, 4 * (4 * hidden + 4 * query + 4 * inner)
    # norms compute in 32 bit; under autocast each linear module saves a copy of its input
    copies = 4 * 2 * hidden + 2 * (5 * hidden + query + inner)
    return least, copies + 2 * (4 * query + 3 * inner)


def estimate_memory_range(size: ModelSpec, load: Workload) -> Range:
    """Estimate the lowest and highest peak memory of one device, in GB of 1e9 bytes."""
    state = load.state(size, load.precision).total
    activations = _estimate_activation_bytes(size, load)
    logits = load.batch_size * load.logits_per_row * size.vocabulary
    low = state[0] + activations[0] + logits * BYTES_PER_LOGIT[0]
    high = state[1] + activations[1] + logits * BYTES_PER_LOGIT[1]
    process = PROCESS_GB if load.on_cpu else DEVICE_CONTEXT_GB
    return low / BYTES_PER_GB, high / BYTES_PER_GB + process


def _estimate_activation_bytes(size: ModelSpec, load: Workload) -> Range:
    """Estimate the bytes of activations that are saved for the backward pass."""
    tokens = load.batch_size * load.length
    least, most = (tokens * each for each in estimate_activation_bytes(size, load.precision))
    if not load.checkpointing:
        margin = ACTIVATION_MARGIN_CPU if load.on_cpu else ACTIVATION_MARGIN
        return least * size.layers, most * size.layers * margin
    if load.on_cpu:
        return least, most * size.layers * RECOMPUTED_MARGIN_CPU
    # the input of every layer is saved; the lower bound assumes that it is offloaded
    inputs = tokens * size.layers * size.hidden * BYTES_PER_WEIGHT[load.precision]
    return least, (inputs + most) * ACTIVATION_MARGIN
