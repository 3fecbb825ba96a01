"""What this process computes on, and how many of them train together."""

from __future__ import annotations

import os

import torch

from .errors import ProjectError


def device() -> torch.device:
    """The accelerator of this process, else the CPU."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def processes() -> int:
    """How many processes train together; several accelerators in one process are refused."""
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    visible = torch.accelerator.device_count()
    if launched == 1 and visible > 1:
        raise ProjectError(
            f"{visible} accelerators are visible to one process",
            f"torchrun --nproc-per-node {visible} -m {__package__}.train, "
            "or one of them: CUDA_VISIBLE_DEVICES=0 make train",
        )
    return launched
