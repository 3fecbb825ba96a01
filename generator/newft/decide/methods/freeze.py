"""Freeze: trains all weights of the last blocks, and no other."""

from __future__ import annotations

from collections.abc import Mapping

from newft.decide.estimate.memory import (
    BYTES_PER_WEIGHT,
    WEIGHTS_MARGIN,
    Range,
    StateEstimator,
    TrainingState,
)
from newft.decide.estimate.parameter_count import count_block_parameters
from newft.decide.inputs import Inputs
from newft.decide.methods import full
from newft.decide.methods.catalog_values import get_learning_rate, get_value
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned
from newft.text import Text

# 2 in the forward pass; the backward pass ends at the first of the few trained blocks
FLOPS_PER_PARAMETER = 3
MODELS_IN_EVALUATION = 2  # the tuned model, and the base model beside it
CAN_CHECKPOINT = True


def choose_values(inputs: Inputs) -> Mapping[str, Reasoned[MethodValue]]:
    """Choose how many of the last blocks are trained."""
    return {"trained_blocks": choose_trained_blocks(inputs)}


def choose_trained_blocks(inputs: Inputs) -> Reasoned[MethodValue]:
    """Choose the number of trained blocks; says how many the model has."""
    chosen, size = get_value(inputs, "trained_blocks"), inputs.size
    if size is None:
        return chosen
    blocks = int(chosen.value)  # type: ignore[arg-type]
    trained = min(blocks, size.layers) * count_block_parameters(size, inputs.family)
    share = trained / size.parameters
    why = Text(
        f"{chosen.why.en}; the model has {size.layers}, and these hold {share:.0%} of its weights",
        f"{chosen.why.zh}；模型共 {size.layers} 层，这几层占全部参数的 {share:.0%}",
    )
    return Reasoned(min(blocks, size.layers), why, chosen.source)


def choose_learning_rate(inputs: Inputs, updates: int) -> Reasoned[float]:
    """Choose the learning rate."""
    return get_learning_rate(inputs, updates)[0]


def make_state_estimator(family: Family, values: Mapping[str, MethodValue]) -> StateEstimator:
    """Make the function that estimates weights, gradients and optimizer states."""
    blocks = int(values["trained_blocks"])  # type: ignore[arg-type]

    def estimate(size: ModelSpec, precision: str) -> TrainingState:
        trained = min(blocks, size.layers) * count_block_parameters(size, family)
        frozen = (size.parameters - trained) * BYTES_PER_WEIGHT[precision]

        def scale(width: Range) -> Range:
            return trained * width[0], trained * width[1]

        least, most = scale(full.BYTES_PER_WEIGHT)
        return TrainingState(
            weights=(frozen + least, frozen * WEIGHTS_MARGIN + most),
            gradients=scale(full.BYTES_PER_GRADIENT),
            optimizer=scale(full.BYTES_PER_MOMENTS),
            trained_layers=min(blocks, size.layers),
        )

    return estimate
