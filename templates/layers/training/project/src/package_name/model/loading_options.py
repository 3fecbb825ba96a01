"""How the weights of the base model are kept in memory: as they are, in one precision."""

from __future__ import annotations

from typing import Any

import torch


def choose_loading_options(dtype: torch.dtype, on: torch.device) -> dict[str, Any]:
    """The options of `from_pretrained` for a precision and a device."""
    return {"dtype": dtype}
