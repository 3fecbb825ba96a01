"""The interface of a training method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newft.decide.estimate.memory import StateEstimator
from newft.decide.inputs import Inputs
from newft.schema.family import Family
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned


class Method(Protocol):
    """One training method; each is a module of this package."""

    @property
    def FLOPS_PER_PARAMETER(self) -> int:
        """Floating-point operations per parameter and token, without gradient checkpointing."""

    @property
    def MODELS_IN_EVALUATION(self) -> int:
        """Number of models that an evaluation holds in memory."""

    @property
    def CAN_CHECKPOINT(self) -> bool:
        """Whether a training step may compute activations again instead of keeping them."""

    def choose_values(self, inputs: Inputs, /) -> Mapping[str, Reasoned[MethodValue]]:
        """Choose the values of the method's own section of run.yaml, in its order."""

    def choose_learning_rate(self, inputs: Inputs, updates: int, /) -> Reasoned[float]:
        """Choose the learning rate of a run of so many updates."""

    def make_state_estimator(
        self, family: Family, values: Mapping[str, MethodValue], /
    ) -> StateEstimator:
        """Make the function that estimates weights, gradients and optimizer states."""
