"""Apple's accelerator: what it computes in, and its memory."""

from __future__ import annotations

import torch

from .memory import get_machine_memory_gb, measure_process_peak_gb

VISIBLE_DEVICES = ""  # no variable chooses among devices: there is one
SCALES_GRADIENTS = False  # torch does, as fp16 needs


def supports_bf16() -> bool:
    """Whether the device computes in bf16."""
    return True


def get_memory_gb(on: torch.device) -> float:
    """The memory of the machine, which the accelerator shares."""
    return get_machine_memory_gb()


def measure_peak_gb(on: torch.device) -> float:
    """The highest memory of this process so far."""
    return measure_process_peak_gb()
