"""The answers of one way of answering, row by row."""

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
UNREADABLE_INDEX = -1  # an answer that names no label is wrong, never left out


@dataclass(frozen=True)
class Predictions:
    """What was answered to each row, and how likely each candidate was found."""

    read: Sequence[str | None]  # as formatting.read_answer gives it; None where it gives none
    candidates: Sequence[str]  # formatting.candidates
    probabilities: NDArray[np.float64] | None  # [rows, candidates]; None where there are none
    written: Sequence[str] | None = None  # by a language model, as it came

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
        """The candidate with the highest probability; the parsed answer where there are none."""
        if self.probabilities is None:
            return self.read
        return [self.candidates[place] for place in self.probabilities.argmax(axis=1)]

    def only(self, rows: Sequence[int]) -> Predictions:
        """The answers to some of the rows."""
        likely = self.probabilities
        return Predictions(
            read=[self.read[row] for row in rows],
            candidates=self.candidates,
            probabilities=None if likely is None else likely[list(rows)],
            written=None if self.written is None else [self.written[row] for row in rows],
        )


def label_indices(given: Sequence[str | None], labels: Sequence[str]) -> LabelArray:
    """Labels as their places in the list; UNREADABLE for None.

    A label that is not in the list raises ValueError: it would equal an unreadable answer.
    """
    place = {label: index for index, label in enumerate(labels)}
    if unknown := {*given} - place.keys() - {None}:
        raise ValueError(f"not in task.labels: {min(map(repr, unknown))}")
    return np.array([UNREADABLE_INDEX if label is None else place[label] for label in given])


def add_ranked_prefix(metrics: Mapping[str, T]) -> dict[str, T]:
    """The same metrics, called after the second way of answering."""
    return {f"{RANKED_PREFIX}{name}": metric for name, metric in metrics.items()}
