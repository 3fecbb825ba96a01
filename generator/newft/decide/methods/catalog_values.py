"""The values of a method: those of the model, else of its family, else of the method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from newft.decide.inputs import Choices, Inputs
from newft.schema.method import MethodOverrides, MethodValue
from newft.schema.reasoned import Reasoned, Sourced, as_citation

T = TypeVar("T")


def get_value(inputs: Inputs, name: str) -> Reasoned[MethodValue]:
    """Return a value of the method's section of run.yaml."""
    levels = [*(each.values for each in iterate_overrides(inputs)), inputs.method.values]
    return _to_reasoned(next(level[name] for level in levels if name in level))


def find_fixed_value(inputs: Inputs, name: str) -> Reasoned[MethodValue] | None:
    """Return a value that the model or its family fixes, if any."""
    levels = (each.values for each in iterate_overrides(inputs))
    found = next((level[name] for level in levels if name in level), None)
    return None if found is None else _to_reasoned(found)


def get_updates_to_learn(inputs: Inputs) -> Reasoned[int]:
    """Return the updates that a run needs at least to learn a task."""
    measured = (each.updates_to_learn for each in iterate_overrides(inputs))
    return _to_reasoned(next(filter(None, measured), inputs.method.updates_to_learn))


def find_epochs(inputs: Inputs) -> Reasoned[int] | None:
    """Return the epochs that a published recipe of the model or its family fixes, if any."""
    found = next(filter(None, (each.epochs for each in iterate_overrides(inputs))), None)
    return None if found is None else _to_reasoned(found)


def find_effective_batch_size(inputs: Inputs) -> Reasoned[int] | None:
    """Return the rows of an update that a published recipe of the family fixes, if any."""
    fixed = (each.effective_batch_size for each in iterate_overrides(inputs))
    found = next(filter(None, fixed), None)
    return None if found is None else _to_reasoned(found)


def get_learning_rate(inputs: Inputs, updates: int) -> tuple[Reasoned[float], bool]:
    """Return the learning rate, and whether it was measured for runs of a given length."""
    for overrides in iterate_overrides(inputs):
        if overrides.learning_rate:
            short = overrides.short_run
            if short and updates <= short.updates:
                return _to_reasoned(short.learning_rate), True
            return _to_reasoned(overrides.learning_rate), short is not None
    large, size = inputs.method.large_model, inputs.size
    if large and size and size.parameters > large.above:
        return _to_reasoned(large.learning_rate), False
    return _to_reasoned(inputs.method.learning_rate), False


def iterate_overrides(inputs: Choices) -> Iterator[MethodOverrides]:
    """Yield the overrides of the model, then those of its family, the method's own first."""
    for owner in (inputs.size, inputs.family):
        for method in filter(None, (inputs.method.id, inputs.method.based_on)):
            if owner and method in owner.methods:
                yield owner.methods[method]


def _to_reasoned(sourced: Sourced[T]) -> Reasoned[T]:
    return Reasoned(sourced.value, sourced.why, as_citation(sourced.source))
