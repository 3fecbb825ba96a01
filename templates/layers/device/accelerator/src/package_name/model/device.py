"""What a run computes on: the accelerator of this process, or the CPU."""

from __future__ import annotations

import os

import torch

from ..config import TrainingConfig
from ..runtime.errors import ProjectError
from . import accelerator
from .memory import get_machine_memory_gb, measure_process_peak_gb

CPU = "cpu"


def current_device() -> torch.device:
    """The accelerator of this process, its own where several train together; else the CPU."""
    found = torch.accelerator.current_accelerator()
    if found is None or not torch.accelerator.is_available():
        return torch.device(CPU)
    return torch.device(found.type, int(os.environ.get("LOCAL_RANK", "0")))


def require_training_device(settings: TrainingConfig) -> torch.device:
    """The device that run.yaml plans with; one that this machine does not have is refused."""
    here = current_device()
    if settings.device == CPU:
        return torch.device(CPU)
    if settings.device != here.type:
        raise ProjectError(
            "training.device is {planned}, but this machine has {found}",
            "train on a machine with {planned}; or generate a project for this machine: newft new "
            "FOLDER --gpu auto; or keep the plan, which may be very slow: --set "
            "training.device=cpu --set model.precision=fp32",
            planned=settings.device,
            found=here.type if here.type == CPU else f"{here.type}, {CPU}",
        )
    if (here.index or 0) >= torch.accelerator.device_count():
        raise ProjectError(
            "there is no {device} for process {number}: this machine has {count}",
            "start as many processes as there are devices: {count}",
            number=(here.index or 0) + 1,
            device=here.type,
            count=torch.accelerator.device_count(),
        )
    return here


def refuse_precision(precision: str, on: torch.device) -> None:
    """Refuse a number format that the device does not train in."""
    # torch has a gradient scaler, which fp16 needs, for some accelerators alone
    if precision == "fp16" and (on.type == CPU or not accelerator.SCALES_GRADIENTS):
        raise ProjectError(
            "model.precision is fp16, with which training on {device} is not possible",
            "set model.precision to fp32 or bf16",
            device=on.type,
        )
    if precision == "bf16" and on.type != CPU and not accelerator.supports_bf16():
        raise ProjectError(
            "model.precision is bf16, which this device does not support",
            "set model.precision to fp16 or fp32",
        )


def get_memory_gb(on: torch.device) -> float:
    """The memory of a device."""
    return get_machine_memory_gb() if on.type == CPU else accelerator.get_memory_gb(on)


def measure_peak_gb(on: torch.device) -> float:
    """The highest memory so far: of this process on a CPU, else what torch has allocated."""
    return measure_process_peak_gb() if on.type == CPU else accelerator.measure_peak_gb(on)
