"""Estimate training time."""

from __future__ import annotations

from newft.decide import citations
from newft.decide.estimate.memory import Range
from newft.decide.estimate.parameter_count import count_computing_parameters
from newft.decide.estimate.token_estimates import estimate_row_distribution
from newft.decide.inputs import Inputs
from newft.decide.methods.registry import get_method
from newft.decide.split_reasons import count_training_rows
from newft.schema.family import ModelSpec
from newft.schema.plan import Recipe
from newft.text import Text

CHECKPOINTING_FLOPS_PER_PARAMETER = 2  # the forward pass again
# Share of the peak that a run reaches. Published for Qwen-7B, LoRA with gradient checkpointing on
# one A100 (https://github.com/QwenLM/Qwen#profiling-of-memory-and-speed): 0.28 at 256 tokens per
# step, 0.58 at 8,192. The lower bound is a third of 0.28: rule of newft for other cards and shorter
# rows, which use a device less.
UTILISATION = (0.1, 0.6)
FP32_SPEED_RATIO = 1 / 8  # datasheets: NVIDIA V100 15.7 of 125 TFLOPS, T4 8.1 of 65
# measured: 149 tokens per second x 4 x 134.5 M parameters, LoRA on SmolLM2 in fp32 on two AMD Zen 3
# cores
MEASURED_CORES = 2
MEASURED_FLOPS = 80e9


def cite_checkpointing(inputs: Inputs) -> Text:
    """Cite the operations that gradient checkpointing adds to those of the method."""
    usual = get_method(inputs).FLOPS_PER_PARAMETER
    return citations.cite_gradient_checkpointing(CHECKPOINTING_FLOPS_PER_PARAMETER, usual)


def estimate_checkpointing_share(inputs: Inputs) -> float:
    """Estimate the computation that gradient checkpointing adds, as a share of the usual one."""
    return CHECKPOINTING_FLOPS_PER_PARAMETER / get_method(inputs).FLOPS_PER_PARAMETER


def estimate_row_flops(
    inputs: Inputs, size: ModelSpec, *, checkpointing: bool, max_length: int | None = None
) -> float:
    """Estimate the floating-point operations of training on one row, the mean of all rows."""
    per_parameter = get_method(inputs).FLOPS_PER_PARAMETER
    if checkpointing:
        per_parameter += CHECKPOINTING_FLOPS_PER_PARAMETER
    computing = per_parameter * count_computing_parameters(size)
    attention = 12 * size.layers * size.hidden  # of each token, with each other one
    return sum(
        share * tokens * (computing + attention * tokens)
        for share, tokens in estimate_row_distribution(inputs, max_length)
    )


def estimate_cpu_rows(inputs: Inputs, size: ModelSpec, *, minutes: int, cores: int) -> int:
    """Estimate how many rows this many cores train on, each as fast as the measured ones."""
    speed = MEASURED_FLOPS * cores / MEASURED_CORES
    return int(minutes * 60 * speed / estimate_row_flops(inputs, size, checkpointing=False))


def estimate_training_hours(inputs: Inputs, recipe: Recipe) -> Range | None:
    """Estimate the hours of training, without loading and evaluation; at most the time budget."""
    if recipe.training_minutes.value is not None:
        return 0.0, recipe.training_minutes.value / 60  # not rounded: 10 minutes are not 11
    peak = inputs.hardware.accelerator.peak_tflops
    if inputs.size is None or peak is None:
        return None
    checkpointing = recipe.gradient_checkpointing.value
    share = FP32_SPEED_RATIO if recipe.precision.value == "fp32" else 1.0
    work = (
        count_training_rows(inputs.facts.data)
        * recipe.epochs.value
        * estimate_row_flops(
            inputs,
            inputs.size,
            checkpointing=checkpointing,
            max_length=recipe.max_length.value,
        )
    )
    fastest = work / (peak * 1e12 * share * inputs.hardware.count * 3600)
    return round(fastest / UTILISATION[1], 3), round(fastest / UTILISATION[0] + 0.0005, 3)
