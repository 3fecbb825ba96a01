"""What this process computes on, and how many of them train together."""

from __future__ import annotations

import os

import torch

from .errors import ProjectError


def device() -> torch.device:
    """The accelerator of this process, its own where several train together; else the CPU."""
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None or not torch.accelerator.is_available():
        return torch.device("cpu")
    return torch.device(accelerator.type, int(os.environ.get("LOCAL_RANK", "0")))


def memory_gb() -> float:
    """The memory of that device; Apple's accelerator shares the machine's."""
    if device().type in ("cpu", "mps"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return torch.get_device_module(device()).mem_get_info()[1] / 1e9


def processes() -> int:
    """How many processes train together; several accelerators in one process are refused."""
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    visible = torch.accelerator.device_count()
    if launched == 1 and visible > 1:
        raise ProjectError(
            f"{visible} accelerators are visible to one process",
            f"python -m torch.distributed.run --nproc-per-node {visible} -m {__package__}.train, "
            "or one of them: CUDA_VISIBLE_DEVICES=0 make train",
        )
    return launched
