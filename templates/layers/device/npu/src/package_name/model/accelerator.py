"""Ascend NPUs: what they compute in, and their memory."""

from __future__ import annotations

import torch

VISIBLE_DEVICES = (
    "ASCEND_RT_VISIBLE_DEVICES"  # the variable that names the devices which a process sees
)
SCALES_GRADIENTS = True  # torch does, as fp16 needs


def supports_bf16() -> bool:
    """Whether the device computes in bf16."""
    return True


def get_memory_gb(on: torch.device) -> float:
    """The memory of a device."""
    return torch.get_device_module(on).mem_get_info()[1] / 1e9


def measure_peak_gb(on: torch.device) -> float:
    """The most memory that torch has allocated so far."""
    return torch.accelerator.max_memory_allocated(on) / 1e9
