"""The blocks of a language model, which repeat from its input to its output."""

from __future__ import annotations

from torch import nn
from transformers import PreTrainedModel


def find_blocks(model: PreTrainedModel) -> nn.ModuleList:
    """The blocks, which classes call `layers` or `h`: the largest list of modules."""
    lists = (one for one in model.get_decoder().children() if isinstance(one, nn.ModuleList))
    return max(lists, key=lambda one: sum(1 for _ in one.modules()))
