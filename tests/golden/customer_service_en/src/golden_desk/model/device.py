"""What a run computes on: the CPU, in one process."""

from __future__ import annotations

import torch

from ..config import TrainingConfig
from ..runtime.errors import ProjectError
from .memory import get_machine_memory_gb, measure_process_peak_gb

CPU = "cpu"


def current_device() -> torch.device:
    """The CPU."""
    return torch.device(CPU)


def require_training_device(settings: TrainingConfig) -> torch.device:
    """The CPU, which run.yaml plans with."""
    return torch.device(settings.device)


def refuse_precision(precision: str, on: torch.device) -> None:
    """Refuse a number format in which a CPU does not train: torch scales no gradients there."""
    if precision == "fp16":
        raise ProjectError(
            "model.precision is fp16, with which training on {device} is not possible",
            "set model.precision to fp32 or bf16",
            device=on.type,
        )


def get_memory_gb(on: torch.device) -> float:
    """The memory of the machine."""
    return get_machine_memory_gb()


def measure_peak_gb(on: torch.device) -> float:
    """The highest memory of this process so far."""
    return measure_process_peak_gb()
