"""Full fine-tuning: trains all weights that a text passes."""

from __future__ import annotations

from collections.abc import Mapping

from newft.decide.estimate.memory import Range, StateEstimator, TrainingState
from newft.decide.inputs import Inputs
from newft.decide.methods.catalog_values import get_learning_rate
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned

# 2 in the forward pass, 2 in the backward pass to activations, 2 to weights
FLOPS_PER_PARAMETER = 6
MODELS_IN_EVALUATION = 2  # the tuned model, and the base model beside it
CAN_CHECKPOINT = True

# Weights and gradients take 4 bytes each, and the two moments of AdamW 8: all are in fp32, since
# the 8 significant bits of bf16 would round most updates away. Autocast adds a copy of the weights
# in 16 bit. LLaMA-Factory publishes 17 bytes for 7B, 14B and 70B, and 20 for 30B
# (https://github.com/hiyouga/LLaMA-Factory#hardware-requirement, full, bf16 or fp16). Measured by
# newft: a run of SmolLM2-135M in bf16 on a CPU peaks at 3.8 GB, of which activations and the
# process take 1.0; that leaves 21 bytes per parameter.
BYTES_PER_WEIGHT, BYTES_PER_GRADIENT, BYTES_PER_MOMENTS = (4, 9), (4, 4), (8, 8)
BYTES_PER_FROZEN_WEIGHT = 4  # of a tower for images: no text passes it, so autocast copies nothing


def choose_values(_: Inputs) -> Mapping[str, Reasoned[MethodValue]]:
    """Return no values: full fine-tuning has no settings of its own."""
    return {}


def choose_learning_rate(inputs: Inputs, updates: int) -> Reasoned[float]:
    """Choose the learning rate."""
    return get_learning_rate(inputs, updates)[0]


def make_state_estimator(_family: Family, _values: Mapping[str, MethodValue]) -> StateEstimator:
    """Make the function that estimates weights, gradients and optimizer states."""

    def estimate(size: ModelSpec, _precision: str) -> TrainingState:
        def scale(width: Range) -> Range:
            return size.text_parameters * width[0], size.text_parameters * width[1]

        frozen = (size.parameters - size.text_parameters) * BYTES_PER_FROZEN_WEIGHT
        least, most = scale(BYTES_PER_WEIGHT)
        return TrainingState(
            weights=(frozen + least, frozen + most),
            gradients=scale(BYTES_PER_GRADIENT),
            optimizer=scale(BYTES_PER_MOMENTS),
        )

    return estimate
