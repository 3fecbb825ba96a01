"""Estimate the peak memory of one device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newft.decide.inputs import Inputs
from newft.decide.precision import AUTO
from newft.decide.token_estimates import estimate_target_tokens
from newft.schema.family import ModelSpec
from newft.schema.plan import Recipe

Range = tuple[float, float]
BYTES_PER_GB = 1e9
BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}

# The ranges below are calibrated: tests/decide/test_estimate.py holds them against what
# LLaMA-Factory, Unsloth, torchtune and Qwen publish for LoRA in 16 bit.
# Published peaks exceed the sum of the parts below by up to this factor, from 7B to 70B.
WEIGHTS_MARGIN = 1.15
# Adapter and gradient in 16 or 32 bit, and two moments of AdamW in 32 bit.
BYTES_PER_ADAPTER_PARAMETER = (12, 16)
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
class Workload:
    """What the memory use of one device depends on."""

    rank: int
    precision: str
    batch_size: int
    length: int  # tokens
    checkpointing: bool
    logits_per_row: int  # the project computes logits only for the tokens of the target
    modules: tuple[str, ...]  # linear modules with an adapter
    on_cpu: bool = False


def count_adapter_parameters(size: ModelSpec, rank: int, modules: Iterable[str]) -> int:
    """Count the trainable parameters of LoRA on these linear modules of every block."""
    widths = list_module_shapes(size)
    return rank * size.layers * sum(widths[module] for module in modules)


def list_module_shapes(size: ModelSpec) -> Mapping[str, int]:
    """Map each linear module that a block may have to the sum of its input and output width."""
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    return {
        "q_proj": size.hidden + query,
        "k_proj": size.hidden + key,
        "v_proj": size.hidden + key,
        "o_proj": query + size.hidden,
        "gate_proj": size.hidden + size.intermediate,
        "up_proj": size.hidden + size.intermediate,
        "gate_up_proj": size.hidden + 2 * size.intermediate,
        "down_proj": size.intermediate + size.hidden,
    }


def activation_bytes_per_token(size: ModelSpec, precision: str) -> Range:
    """Estimate the activation bytes saved per token and layer, with LoRA on every linear module.

    The lower bound holds without padding. The upper bound holds with a padding mask, for which keys
    and values are repeated for every query head. torch's saved_tensors_hooks measure on SmolLM2, in
    thousands of bytes: 40.2 and (with the mask) 45 to 47 in fp32, estimated as 39.9 and 43.0; 26.7
    and 28.8 in bf16 under autocast, estimated as at most 28.4.
    """
    hidden, inner = size.hidden, size.intermediate
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    # inputs and outputs of two norms; queries, output, keys, values; gate, its SiLU, up, product
    least = BYTES_PER_WEIGHT[precision] * (4 * hidden + 2 * query + 2 * key + 4 * inner)
    if precision == "fp32":
        return least, 4 * (4 * hidden + 4 * query + 4 * inner)
    # norms compute in 32 bit; under autocast each of seven adapters saves a copy of its input
    copies = 4 * 2 * hidden + 2 * (5 * hidden + query + inner)
    return least, copies + 2 * (4 * query + 3 * inner)


def estimate_memory_range(size: ModelSpec, load: Workload) -> Range:
    """Estimate the lowest and highest peak memory of one device, in GB of 1e9 bytes."""
    weights = size.parameters * BYTES_PER_WEIGHT[load.precision]
    adapter = count_adapter_parameters(size, load.rank, load.modules)
    lowest, highest = _estimate_activation_bytes(size, load)
    logits = load.batch_size * load.logits_per_row * size.vocabulary
    low = weights + adapter * BYTES_PER_ADAPTER_PARAMETER[0] + lowest + logits * BYTES_PER_LOGIT[0]
    high = (
        weights * WEIGHTS_MARGIN
        + adapter * BYTES_PER_ADAPTER_PARAMETER[1]
        + highest
        + logits * BYTES_PER_LOGIT[1]
    )
    return low / BYTES_PER_GB, high / BYTES_PER_GB + (
        PROCESS_GB if load.on_cpu else DEVICE_CONTEXT_GB
    )


def _estimate_activation_bytes(size: ModelSpec, load: Workload) -> Range:
    """Estimate the bytes of activations that are saved for the backward pass."""
    tokens = load.batch_size * load.length
    least, most = (tokens * each for each in activation_bytes_per_token(size, load.precision))
    if not load.checkpointing:
        margin = ACTIVATION_MARGIN_CPU if load.on_cpu else ACTIVATION_MARGIN
        return least * size.layers, most * size.layers * margin
    if load.on_cpu:
        return least, most * size.layers * RECOMPUTED_MARGIN_CPU
    # the input of every layer is saved; the lower bound assumes that it is offloaded
    inputs = tokens * size.layers * size.hidden * BYTES_PER_WEIGHT[load.precision]
    return least, (inputs + most) * ACTIVATION_MARGIN


def list_possible_workloads(inputs: Inputs, recipe: Recipe) -> list[Workload]:
    """List the workloads of a run: several if the project times precisions or batch sizes.

    The first is the one that the plan is made for: one row in the precision with most bytes.
    """
    precision, batch_size = recipe.precision.value, recipe.batch_size.value
    precisions = ["fp32", "bf16"] if precision == AUTO else [precision]
    rows = recipe.gradient_accumulation_steps.value
    batches = (
        [count for count in range(1, rows + 1) if rows % count == 0]
        if isinstance(batch_size, str)
        else [batch_size]
    )
    return [
        Workload(
            rank=recipe.rank.value,
            precision=each,
            batch_size=count,
            length=recipe.max_length.value,
            checkpointing=recipe.gradient_checkpointing.value,
            logits_per_row=estimate_target_tokens(inputs),
            modules=inputs.family.linear_modules,
            on_cpu=inputs.on_cpu,
        )
        for each in precisions
        for count in batches
    ]
