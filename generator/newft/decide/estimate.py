"""Memory and time of a run, as ranges that hold the published figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newft.decide.case import Case, answer_tokens, figure, mean_row_tokens, memory_zh
from newft.decide.precision import AUTO
from newft.decide.splits import training_rows
from newft.entries import Size, Text
from newft.model import Estimate, Recipe

Range = tuple[float, float]
GB = 1e9
BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}

# The ranges below are calibrated: tests/decide/test_estimate.py holds them against what
# LLaMA-Factory, Unsloth, torchtune and Qwen publish for LoRA in 16 bit.
WEIGHTS_MARGIN = 1.15  # published peaks above the weights and what follows, from 7B to 70B
ADAPTER_BYTES = (12, 16)  # adapter in 16 or 32 bit, its gradient, two moments of AdamW in 32 bit
# Above the tensors that autograd keeps: for norms of queries and keys, and what lives shortly.
# A rule of newft.
ACTIVATION_MARGIN = 1.25
# On a CPU freed tensors stay with the process: SmolLM2 takes 76 to 86 KB a token and layer in fp32
# and 53 to 56 in bf16, where autograd keeps 40 to 47 and 27 to 29; with checkpointing up to 30
ACTIVATION_MARGIN_CPU, RECOMPUTED_CPU = 2.4, 0.8  # times what autograd keeps without checkpointing
LOGIT_BYTES = (2, 14)  # 16 bit; or that, its 32-bit copy, the shifted copy and the gradient
DEVICE_CONTEXT_GB = 1.4  # CUDA context and kernels of one process
PROCESS_GB = 0.5  # Python with torch: peak of 1.0 GB with 0.52 GB of weights, SmolLM2 on a CPU

FLOPS_PER_PARAMETER = 4  # forward 2, backward to activations 2; frozen weights need no gradient
CHECKPOINTING_FLOPS = 2  # the forward pass again
# Share of the peak that a run reaches. Qwen-7B, LoRA with checkpointing on one A100, as published
# (https://github.com/QwenLM/Qwen#profiling-of-memory-and-speed): 0.28 at 256 tokens a step, 0.58
# at 8,192. The low end is a third of the worst: other cards and shorter rows keep less busy.
UTILISATION = (0.1, 0.6)
FP32_SHARE = 1 / 8  # NVIDIA V100: 15.7 against 125 TFLOPS, T4: 8.1 against 65
# 149 tokens a second x 4 x 134.5 M parameters, SmolLM2 on two cores (AMD Zen 3) in fp32
MEASURED_CORES = 2
FLOPS_MEASURED = 80e9


@dataclass(frozen=True)
class Load:
    """What weighs on the memory of one device."""

    rank: int
    precision: str
    batch_size: int
    length: int  # tokens
    checkpointing: bool
    logits_per_row: int  # the project computes logits only where there is a label
    modules: tuple[str, ...]  # that have an adapter
    on_cpu: bool = False


def adapter_parameters(size: Size, rank: int, modules: Iterable[str]) -> int:
    """Trainable parameters of LoRA on these linear modules of every block."""
    widths = module_widths(size)
    return rank * size.layers * sum(widths[module] for module in modules)


def module_widths(size: Size) -> Mapping[str, int]:
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


def kept_of_layer(size: Size, precision: str) -> Range:
    """Bytes that one token leaves in one layer for the backward pass, with LoRA on every matrix.

    The least is for rows without padding, the most for keys and values that a padding mask repeats
    for every query head. torch's saved_tensors_hooks count on SmolLM2, in thousands: 40.2 and 45 to
    47 with the mask itself in fp32, where this gives 39.9 and 43.0; 26.7 and 28.8 in bf16 under
    autocast, where the most is 28.4.
    """
    hidden, inner = size.hidden, size.intermediate
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    # inputs and outputs of two norms; queries, output, keys, values; gate, its SiLU, up, product
    least = BYTES[precision] * (4 * hidden + 2 * query + 2 * key + 4 * inner)
    if precision == "fp32":
        return least, 4 * (4 * hidden + 4 * query + 4 * inner)
    # norms read in 32 bit; under autocast each of seven adapters keeps a copy of what it reads
    copies = 4 * 2 * hidden + 2 * (5 * hidden + query + inner)
    return least, copies + 2 * (4 * query + 3 * inner)


def memory_range(size: Size, load: Load) -> Range:
    """Peak memory of one device, lowest and highest, in GB of 1e9 bytes."""
    weights = size.parameters * BYTES[load.precision]
    adapter = adapter_parameters(size, load.rank, load.modules)
    lowest, highest = _activations(size, load)
    logits = load.batch_size * load.logits_per_row * size.vocabulary
    low = weights + adapter * ADAPTER_BYTES[0] + lowest + logits * LOGIT_BYTES[0]
    high = weights * WEIGHTS_MARGIN + adapter * ADAPTER_BYTES[1] + highest + logits * LOGIT_BYTES[1]
    return low / GB, high / GB + (PROCESS_GB if load.on_cpu else DEVICE_CONTEXT_GB)


def row_flops(case: Case, size: Size, *, checkpointing: bool) -> float:
    """Floating-point operations to train on a usual row once."""
    tokens = mean_row_tokens(case)
    per_parameter = FLOPS_PER_PARAMETER + (CHECKPOINTING_FLOPS if checkpointing else 0)
    attention = 12 * size.layers * size.hidden * tokens
    return tokens * (per_parameter * size.parameters + attention)


def cpu_rows(case: Case, size: Size, *, minutes: int, cores: int) -> int:
    """Rows that so many cores train on, if each is as fast as the two that were measured."""
    speed = FLOPS_MEASURED * cores / MEASURED_CORES
    return int(minutes * 60 * speed / row_flops(case, size, checkpointing=False))


def _activations(size: Size, load: Load) -> Range:
    """Bytes that wait for the backward pass."""
    tokens = load.batch_size * load.length
    least, most = (tokens * each for each in kept_of_layer(size, load.precision))
    if not load.checkpointing:
        margin = ACTIVATION_MARGIN_CPU if load.on_cpu else ACTIVATION_MARGIN
        return least * size.layers, most * size.layers * margin
    if load.on_cpu:
        return least, most * size.layers * RECOMPUTED_CPU
    inputs = tokens * size.layers * size.hidden * BYTES[load.precision]  # which may be offloaded
    return least, (inputs + most) * ACTIVATION_MARGIN


def estimate(case: Case, recipe: Recipe) -> Estimate:
    """What the run will take; None where the model's size or the hardware's speed is unknown."""
    memory = _memory(case, recipe)
    hours = _hours(case, recipe)
    return Estimate(memory, hours, _why(case, memory, hours))


def _memory(case: Case, recipe: Recipe) -> Range | None:
    if case.size is None:
        return None
    ranges = [memory_range(case.size, load) for load in _possible_loads(case, recipe)]
    low, high = ranges[0][0], ranges[0][1]
    for lowest, highest in ranges:
        low = min(low, lowest)
        if case.memory_gb is None or highest <= case.memory_gb:  # `auto` keeps to the memory
            high = max(high, highest)
    return round(low, 1), round(high + 0.05, 1)


def _possible_loads(case: Case, recipe: Recipe) -> list[Load]:
    """What the run may be: one load, or several where the project times what is fastest.

    The first is the one that was planned for: one row in the heaviest precision.
    """
    precision, batch_size = recipe.precision.value, recipe.batch_size.value
    precisions = ["fp32", "bf16"] if precision == AUTO else [precision]
    rows = recipe.accumulation.value
    batches = (
        [count for count in range(1, rows + 1) if rows % count == 0]
        if isinstance(batch_size, str)
        else [batch_size]
    )
    return [
        Load(
            rank=recipe.rank.value,
            precision=each,
            batch_size=count,
            length=recipe.max_length.value,
            checkpointing=recipe.gradient_checkpointing.value,
            logits_per_row=answer_tokens(case),
            modules=case.family.linear_modules,
            on_cpu=case.on_cpu,
        )
        for each in precisions
        for count in batches
    ]


def _hours(case: Case, recipe: Recipe) -> Range | None:
    """Of training alone; no more than its time budget, where it has one."""
    if recipe.training_minutes.value is not None:
        return 0.0, round(recipe.training_minutes.value / 60, 3)
    peak = case.hardware.accelerator.peak_tflops
    if case.size is None or peak is None:
        return None
    checkpointing = recipe.gradient_checkpointing.value
    share = FP32_SHARE if recipe.precision.value == "fp32" else 1.0
    work = (
        training_rows(case.rows)
        * recipe.epochs.value
        * row_flops(case, case.size, checkpointing=checkpointing)
    )
    fastest = work / (peak * 1e12 * share * case.hardware.count * 3600)
    return round(fastest / UTILISATION[1], 3), round(fastest / UTILISATION[0] + 0.0005, 3)


def _why(case: Case, memory: Range | None, hours: Range | None) -> Text:
    if case.size is None:
        en = "the size of this model is not in the catalogue: `make check` measures the memory"
        zh = f"目录中没有该模型的规模，由 `make check` 实测{memory_zh(case.hardware)}"
    elif memory is None or hours is None:
        en = "memory by the model's shape; the speed of this hardware is not in the catalogue"
        zh = f"{memory_zh(case.hardware)}按模型结构估算；目录中没有该硬件的速度"
    elif case.on_cpu:
        en = (
            "memory by the model's shape; training takes at most its time budget, "
            "loading and evaluation not counted"
        )
        zh = "内存按模型结构估算；训练时间不超过时间预算，不含加载和评估"
    else:
        tflops = figure(case.hardware.accelerator.peak_tflops)
        en = (
            f"memory of one device by the model's shape; training at {UTILISATION[0]:.0%} to "
            f"{UTILISATION[1]:.0%} of {tflops} TFLOPS, loading and evaluation not counted"
        )
        zh = (
            f"单卡显存按模型结构估算；训练按峰值 {tflops} TFLOPS 的 {UTILISATION[0]:.0%} 至 "
            f"{UTILISATION[1]:.0%} 计，不含加载和评估"
        )
    return Text(en, zh)
