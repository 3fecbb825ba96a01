"""How many weights a model has, whatever form its files keep them in."""

from __future__ import annotations

from typing import NamedTuple

import torch
from transformers import PreTrainedModel


class WeightCount(NamedTuple):
    """The weights of the linear modules of a model, the output embeddings apart, and all others."""

    linear: int
    others: int

    @property
    def all(self) -> int:
        """All weights."""
        return self.linear + self.others


def count_weights(model: PreTrainedModel) -> WeightCount:
    """Count the weights of a model, which may lie on the meta device."""
    head = model.get_output_embeddings()
    linear = sum(
        module.in_features * module.out_features
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    )
    return WeightCount(linear, model.num_parameters() - linear)
