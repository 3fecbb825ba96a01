"""Training methods, and the values that model families have for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newft.schema.reasoned import Sourced
from newft.text import Text

DEFAULT_METHOD = "lora"
# values of a method's section that follow from the data, unless a family or a model fixes them
FITTED_VALUES = ("dropout",)

MethodValue = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class ShortRunLearningRate:
    """The learning rate that was measured for runs of few updates."""

    updates: int  # at most
    learning_rate: Sourced[float]


@dataclass(frozen=True)
class MethodOverrides:
    """The values of a method that a family or a model overrides."""

    learning_rate: Sourced[float] | None = None
    short_run: ShortRunLearningRate | None = None  # belongs to the learning rate beside it
    updates_to_learn: Sourced[int] | None = None
    epochs: Sourced[int] | None = None  # where a published recipe fixes them
    effective_batch_size: Sourced[int] | None = None  # rows of an update
    values: Mapping[str, Sourced[MethodValue]] = field(default_factory=dict)


@dataclass(frozen=True)
class LargeModelLearningRate:
    """The learning rate of models with more parameters than so many."""

    above: int
    learning_rate: Sourced[float]


@dataclass(frozen=True)
class TrainingMethod:
    """A training method: what depends neither on the model family nor on the data."""

    id: str
    title: Text
    description: Text
    examples: str | Text  # the source of epochs, schedule and warm-up
    learning_rate: Sourced[float]
    weight_decay: Sourced[float]
    effective_batch_size: Sourced[int]  # rows of an update, where there are many rows
    updates_to_learn: Sourced[int]  # updates that a run needs at least to learn a task
    # a method whose values and whose overrides by families hold for this one, too
    based_on: str | None = None
    without: tuple[str, ...] = ()  # names of its values that this one lacks
    large_model: LargeModelLearningRate | None = None
    # the folders of `templates/layers/method/` that make up its code, lowest first; empty: the one
    # of its own name
    layers: tuple[str, ...] = ()
    max_effective_batch_size: int | None = None  # rows of an update above which the method suffers
    # of the method's section of run.yaml, by name; `decide/methods/` may adapt them to the run
    values: Mapping[str, Sourced[MethodValue]] = field(default_factory=dict)
    summary: tuple[str, ...] = ()  # names of the values that a summary shows
    requires: tuple[str, ...] = ()  # pip requirements beyond those of every project
    tried: Text | None = None  # what was run of it, and on which hardware
