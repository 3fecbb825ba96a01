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
WEIGHTS_MARGIN = 1.15  # published peaks above the weights and what follows, from 7B to 70B
BYTES_PER_ADAPTER_PARAMETER = (
    12,
    16,
)  # adapter in 16 or 32 bit, its gradient, two moments of AdamW in 32 bit
# Above the tensors that autograd keeps: for norms of queries and keys, and what lives shortly.
# A rule of newft.
ACTIVATION_MARGIN = 1.25
# On a CPU freed tensors stay with the process: SmolLM2 takes 76 to 86 KB a token and layer in fp32
# and 53 to 56 in bf16, where autograd keeps 40 to 47 and 27 to 29; with checkpointing up to 30
ACTIVATION_MARGIN_CPU, RECOMPUTED_MARGIN_CPU = (
    2.4,
    0.8,
)  # times what autograd keeps without checkpointing
BYTES_PER_LOGIT = (2, 14)  # 16 bit; or that, its 32-bit copy, the shifted copy and the gradient
DEVICE_CONTEXT_GB = 1.4  # CUDA context and kernels of one process
PROCESS_GB = 0.5  # Python with torch: peak of 1.0 GB with 0.52 GB of weights, SmolLM2 on a CPU


@dataclass(frozen=True)
class Workload:
    """What weighs on the memory of one device."""

    rank: int
    precision: str
    batch_size: int
    length: int  # tokens
    checkpointing: bool
    logits_per_row: int  # the project computes logits only where there is a label
    modules: tuple[str, ...]  # that have an adapter
    on_cpu: bool = False


def count_adapter_parameters(size: ModelSpec, rank: int, modules: Iterable[str]) -> int:
    """Trainable parameters of LoRA on these linear modules of every block."""
    widths = list_module_shapes(size)
    return rank * size.layers * sum(widths[module] for module in modules)


def list_module_shapes(size: ModelSpec) -> Mapping[str, int]:
    """Inputs and outputs of each linear module that a block may have."""
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
    """Bytes that one token leaves in one layer for the backward pass, with LoRA on every matrix.

    The least is for rows without padding, the most for keys and values that a padding mask repeats
    for every query head. torch's saved_tensors_hooks count on SmolLM2, in thousands: 40.2 and 45 to
    47 with the mask itself in fp32, where this gives 39.9 and 43.0; 26.7 and 28.8 in bf16 under
    autocast, where the most is 28.4.
    """
    hidden, inner = size.hidden, size.intermediate
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    # inputs and outputs of two norms; queries, output, keys, values; gate, its SiLU, up, product
    least = BYTES_PER_WEIGHT[precision] * (4 * hidden + 2 * query + 2 * key + 4 * inner)
    if precision == "fp32":
        return least, 4 * (4 * hidden + 4 * query + 4 * inner)
    # norms read in 32 bit; under autocast each of seven adapters keeps a copy of what it reads
    copies = 4 * 2 * hidden + 2 * (5 * hidden + query + inner)
    return least, copies + 2 * (4 * query + 3 * inner)


def estimate_memory_range(size: ModelSpec, load: Workload) -> Range:
    """Peak memory of one device, lowest and highest, in GB of 1e9 bytes."""
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
    """Bytes that wait for the backward pass."""
    tokens = load.batch_size * load.length
    least, most = (tokens * each for each in activation_bytes_per_token(size, load.precision))
    if not load.checkpointing:
        margin = ACTIVATION_MARGIN_CPU if load.on_cpu else ACTIVATION_MARGIN
        return least * size.layers, most * size.layers * margin
    if load.on_cpu:
        return least, most * size.layers * RECOMPUTED_MARGIN_CPU
    inputs = (
        tokens * size.layers * size.hidden * BYTES_PER_WEIGHT[load.precision]
    )  # which may be offloaded
    return least, (inputs + most) * ACTIVATION_MARGIN


def list_possible_workloads(inputs: Inputs, recipe: Recipe) -> list[Workload]:
    """What the run may be: one load, or several where the project times what is fastest.

    The first is the one that was planned for: one row in the heaviest precision.
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
