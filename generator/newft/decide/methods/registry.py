"""The training methods by id."""

from __future__ import annotations

from collections.abc import Mapping

from newft.decide.estimate.memory import StateEstimator
from newft.decide.inputs import Inputs
from newft.decide.methods import freeze, full, lora, prefix, qlora
from newft.decide.methods.protocol import Method
from newft.schema.family import Family
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Reasoned

METHODS: Mapping[str, Method] = {
    "freeze": freeze,
    "full": full,
    "lora": lora,
    "prefix": prefix,
    "qlora": qlora,
}


def get_method(inputs: Inputs) -> Method:
    """Return the chosen method."""
    return METHODS[inputs.method.id]


def make_state_estimator(
    inputs: Inputs, values: Mapping[str, Reasoned[MethodValue]]
) -> StateEstimator:
    """Make the estimator of the chosen method with these values."""
    chosen = {name: reasoned.value for name, reasoned in values.items()}
    return get_method(inputs).make_state_estimator(inputs.family, chosen)


def make_default_state_estimator(method: TrainingMethod, family: Family) -> StateEstimator:
    """Make the estimator of a method with its default values."""
    defaults = {name: sourced.value for name, sourced in method.values.items()}
    return METHODS[method.id].make_state_estimator(family, defaults)
