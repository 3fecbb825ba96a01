"""QLoRA: LoRA beside weights that are kept in 4 bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.decide.estimate.memory import (
    BYTES_PER_WEIGHT,
    WEIGHTS_MARGIN,
    StateEstimator,
    TrainingState,
)
from newft.decide.estimate.parameter_count import list_linear_modules
from newft.decide.methods import lora
from newft.decide.methods.lora import choose_learning_rate, choose_values
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue

__all__ = [
    "CAN_CHECKPOINT",
    "FLOPS_PER_PARAMETER",
    "MODELS_IN_EVALUATION",
    "choose_learning_rate",
    "choose_values",
    "make_state_estimator",
]

FLOPS_PER_PARAMETER = lora.FLOPS_PER_PARAMETER
MODELS_IN_EVALUATION = lora.MODELS_IN_EVALUATION
CAN_CHECKPOINT = lora.CAN_CHECKPOINT

# NF4 takes 4 bits a weight, and its scales 0.127 with double quantisation: 8 bits for 64 weights,
# and 32 bits for 256 scales (QLoRA, section 3, https://arxiv.org/abs/2305.14314).
BYTES_PER_QUANTIZED_WEIGHT = (4 + 8 / 64 + 32 / (64 * 256)) / 8


def make_state_estimator(family: Family, values: Mapping[str, MethodValue]) -> StateEstimator:
    """Make the function that estimates weights, gradients and optimizer states."""
    of_lora = lora.make_state_estimator(family, values)

    def estimate(size: ModelSpec, precision: str) -> TrainingState:
        state = of_lora(size, precision)
        quantized = sum(
            module.inputs * module.outputs * module.layers
            for module in list_linear_modules(size, family)
        )
        # embeddings, lm_head and norms stay in 16 bit
        rest = max(0, size.parameters - quantized) * BYTES_PER_WEIGHT[precision]
        weights = quantized * BYTES_PER_QUANTIZED_WEIGHT + rest
        return replace(state, weights=(weights, weights * WEIGHTS_MARGIN), quantized=True)

    return estimate
