"""Estimate training time."""

from __future__ import annotations

from newft.decide.inputs import Inputs
from newft.decide.memory import Range
from newft.decide.splits import count_training_rows
from newft.decide.token_estimates import estimate_mean_row_tokens
from newft.schema.family import ModelSpec
from newft.schema.plan import Recipe

FLOPS_PER_PARAMETER = 4  # forward 2, backward to activations 2; frozen weights need no gradient
CHECKPOINTING_FLOPS_PER_PARAMETER = 2  # the forward pass again
# Share of the peak that a run reaches. Qwen-7B, LoRA with checkpointing on one A100, as published
# (https://github.com/QwenLM/Qwen#profiling-of-memory-and-speed): 0.28 at 256 tokens a step, 0.58
# at 8,192. The low end is a third of the worst: other cards and shorter rows keep less busy.
UTILISATION = (0.1, 0.6)
FP32_SPEED_RATIO = 1 / 8  # NVIDIA V100: 15.7 against 125 TFLOPS, T4: 8.1 against 65
# 149 tokens a second x 4 x 134.5 M parameters, SmolLM2 on two cores (AMD Zen 3) in fp32
MEASURED_CORES = 2
MEASURED_FLOPS = 80e9


def estimate_row_flops(inputs: Inputs, size: ModelSpec, *, checkpointing: bool) -> float:
    """Floating-point operations to train on a usual row once."""
    tokens = estimate_mean_row_tokens(inputs)
    per_parameter = FLOPS_PER_PARAMETER + (
        CHECKPOINTING_FLOPS_PER_PARAMETER if checkpointing else 0
    )
    attention = 12 * size.layers * size.hidden * tokens
    return tokens * (per_parameter * size.parameters + attention)


def estimate_cpu_rows(inputs: Inputs, size: ModelSpec, *, minutes: int, cores: int) -> int:
    """Rows that so many cores train on, if each is as fast as the two that were measured."""
    speed = MEASURED_FLOPS * cores / MEASURED_CORES
    return int(minutes * 60 * speed / estimate_row_flops(inputs, size, checkpointing=False))


def training_hours(inputs: Inputs, recipe: Recipe) -> Range | None:
    """Of training alone; no more than its time budget, where it has one."""
    if recipe.training_minutes.value is not None:
        return 0.0, round(recipe.training_minutes.value / 60, 3)
    peak = inputs.hardware.accelerator.peak_tflops
    if inputs.size is None or peak is None:
        return None
    checkpointing = recipe.gradient_checkpointing.value
    share = FP32_SPEED_RATIO if recipe.precision.value == "fp32" else 1.0
    work = (
        count_training_rows(inputs.rows)
        * recipe.epochs.value
        * estimate_row_flops(inputs, inputs.size, checkpointing=checkpointing)
    )
    fastest = work / (peak * 1e12 * share * inputs.hardware.count * 3600)
    return round(fastest / UTILISATION[1], 3), round(fastest / UTILISATION[0] + 0.0005, 3)
