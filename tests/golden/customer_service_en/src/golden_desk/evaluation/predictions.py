"""Predictions, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..runtime.errors import ProjectError
from .statistics import LabelArray

T = TypeVar("T")
RANKED_PREFIX = "ranked_"  # of the metrics of ranking
UNREADABLE_INDEX = -1  # a prediction that names no label is wrong, and is never left out


@dataclass(frozen=True)
class Predictions:
    """The predictions for a set of rows, with the probability of each candidate."""

    parsed: Sequence[str | None]  # by formatting.parse_prediction; None: it names no label
    candidates: Sequence[str]  # of formatting.list_candidates
    probabilities: NDArray[np.float64] | None  # [rows, candidates]; None if there are none
    raw: Sequence[str] | None = None  # the text that a language model generated

    def __post_init__(self) -> None:
        # argmax takes the first candidate of a row of NaN, and a comparison with NaN is never true
        if self.probabilities is not None and not np.isfinite(self.probabilities).all():
            raise ProjectError(
                "the model assigns a candidate a probability that is not a number (NaN "
                "or infinite)",
                "the precision overflows: set model.precision to bf16 or fp32 in config/run.yaml",
            )

    @property
    def ranked(self) -> Sequence[str | None]:
        """The candidate with the highest probability; the parsed prediction if there are none."""
        if self.probabilities is None:
            return self.parsed
        return [self.candidates[place] for place in self.probabilities.argmax(axis=1)]

    def subset(self, rows: Sequence[int]) -> Predictions:
        """The predictions for some of the rows."""
        return Predictions(
            parsed=[self.parsed[row] for row in rows],
            candidates=self.candidates,
            probabilities=None if self.probabilities is None else self.probabilities[list(rows)],
            raw=None if self.raw is None else [self.raw[row] for row in rows],
        )


def label_indices(given: Sequence[str | None], labels: Sequence[str]) -> LabelArray:
    """Labels as their indices in the list; UNREADABLE_INDEX for None.

    A label that is not in the list raises ValueError: it would equal an unreadable prediction.
    """
    place = {label: index for index, label in enumerate(labels)}
    if unknown := {*given} - place.keys() - {None}:
        raise ValueError(f"not in task.labels: {min(map(repr, unknown))}")
    return np.array([UNREADABLE_INDEX if label is None else place[label] for label in given])


def add_ranked_prefix(metrics: Mapping[str, T]) -> dict[str, T]:
    """The same metrics under the names of ranking."""
    return {f"{RANKED_PREFIX}{name}": metric for name, metric in metrics.items()}
