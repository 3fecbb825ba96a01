"""How many weights a model has, whatever form its files keep them in."""

from __future__ import annotations

from typing import NamedTuple


class WeightCount(NamedTuple):
    """The weights of the linear modules of a model, the output embeddings apart, and all others."""

    linear: int
    others: int

    @property
    def all(self) -> int:
        """All weights."""
        return self.linear + self.others
