"""Prefix tuning (P-tuning v2): trains keys and values that every layer sees before the text."""

from __future__ import annotations

from collections.abc import Mapping

from newft.decide.estimate.memory import (
    BYTES_PER_WEIGHT,
    WEIGHTS_MARGIN,
    Range,
    StateEstimator,
    TrainingState,
)
from newft.decide.inputs import Inputs
from newft.decide.methods.catalog_values import find_fixed_value, get_learning_rate, get_value
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text

# 2 in the forward pass, 2 in the backward pass to activations; frozen weights need no gradient
FLOPS_PER_PARAMETER = 4
MODELS_IN_EVALUATION = 1  # without its prefix, the model is the base model
CAN_CHECKPOINT = False  # a layer that is computed again would not see the prefix

# "P-tuning v2" finds short prefixes best for simple classification and gives no number
# of labels: ten, rule of newft
FEW_LABELS, SIMPLE_VIRTUAL_TOKENS = 10, 16
PROMPT_LENGTHS = as_citation("https://arxiv.org/abs/2110.07602")

# the projection is trained in 32 bit, as the two moments of AdamW
BYTES_PER_PARAMETER, BYTES_PER_GRADIENT, BYTES_PER_MOMENTS = (4, 6), (4, 4), (8, 8)


def choose_values(inputs: Inputs) -> Mapping[str, Reasoned[MethodValue]]:
    """Choose the length of the prefix and the width of what produces it."""
    return {
        "num_virtual_tokens": choose_virtual_tokens(inputs),
        "projection_size": get_value(inputs, "projection_size"),
    }


def choose_virtual_tokens(inputs: Inputs) -> Reasoned[MethodValue]:
    """Choose the length of the prefix: a choice among a few labels needs a short one."""
    fixed = find_fixed_value(inputs, "num_virtual_tokens")
    usual = get_value(inputs, "num_virtual_tokens")
    labels = inputs.labels
    if fixed is not None or inputs.task.label_rules.separator is not None or labels > FEW_LABELS:
        return usual
    why = Text(
        f"one of {labels} labels is a simple classification, for which the authors of P-tuning v2 "
        "find fewer than 20 best, and about 100 for hard tagging",
        f"在 {labels} 个标签中选一个属于简单分类，P-Tuning v2 论文发现此时不到 20 最好，"
        "复杂的序列标注约需 100",
    )
    return Reasoned(SIMPLE_VIRTUAL_TOKENS, why, PROMPT_LENGTHS)


def choose_learning_rate(inputs: Inputs, updates: int) -> Reasoned[float]:
    """Choose the learning rate."""
    return get_learning_rate(inputs, updates)[0]


def count_prefix_parameters(size: ModelSpec, values: Mapping[str, MethodValue]) -> int:
    """Count the trained weights: an embedding, and two linear modules with biases."""
    tokens, inner = (int(values[name]) for name in ("num_virtual_tokens", "projection_size"))  # type: ignore[arg-type]
    width = size.kv_heads * size.head_dim
    of_layers = 2 * size.layers * width
    return tokens * width + (width + 1) * inner + (inner + 1) * of_layers


def make_state_estimator(_family: Family, values: Mapping[str, MethodValue]) -> StateEstimator:
    """Make the function that estimates weights, gradients and optimizer states."""

    def estimate(size: ModelSpec, precision: str) -> TrainingState:
        weights = size.parameters * BYTES_PER_WEIGHT[precision]
        trained = count_prefix_parameters(size, values)

        def scale(width: Range) -> Range:
            return trained * width[0], trained * width[1]

        return TrainingState(
            weights=(weights, weights * WEIGHTS_MARGIN),
            adapter=scale(BYTES_PER_PARAMETER),
            gradients=scale(BYTES_PER_GRADIENT),
            optimizer=scale(BYTES_PER_MOMENTS),
            prefix=int(values["num_virtual_tokens"]),  # type: ignore[arg-type]
            prefix_activations=estimate_prefix_activations(size, precision, values),
        )

    return estimate


def estimate_prefix_activations(
    size: ModelSpec, precision: str, values: Mapping[str, MethodValue]
) -> Range:
    """Estimate the bytes that one token of the prefix has saved for one row of a batch.

    The projection saves its inputs and what its hidden layer puts out, in 32 bit. Each layer saves
    keys and values that begin with the prefix; at most they are kept as produced, too, and are
    repeated for every query head.
    """
    inner = int(values["projection_size"])  # type: ignore[arg-type]
    key, query = size.kv_heads * size.head_dim, size.heads * size.head_dim
    element = BYTES_PER_WEIGHT[precision]
    least = 4 * (key + inner) + 2 * size.layers * key * element
    produced = 2 * size.layers * key * 4
    most = 4 * (key + 2 * inner) + produced + 2 * size.layers * (key + query) * element
    return least, most
