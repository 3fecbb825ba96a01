"""What a run computes on, and how many processes train together."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

from ..config import TrainingConfig
from ..runtime import PACKAGE
from ..runtime.errors import ProjectError

CPU = "cpu"
CGROUP_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # bytes, or `max`
# torch has a gradient scaler, which fp16 needs, for these alone
GRAD_SCALER_DEVICES = ("cuda", "npu")


def current_device() -> torch.device:
    """The accelerator of this process, its own where several train together; else the CPU."""
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None or not torch.accelerator.is_available():
        return torch.device(CPU)
    return torch.device(accelerator.type, int(os.environ.get("LOCAL_RANK", "0")))


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
    if precision == "fp16" and on.type not in GRAD_SCALER_DEVICES:
        raise ProjectError(
            "model.precision is fp16, with which training on {device} is not possible",
            "set model.precision to fp32 or bf16",
            device=on.type,
        )
    if precision == "bf16" and on.type == "cuda" and not torch.cuda.is_bf16_supported(False):
        raise ProjectError(
            "model.precision is bf16, which this GPU does not support",
            "set model.precision to fp16 or fp32",
        )


def get_memory_gb(on: torch.device) -> float:
    """The memory of a device; Apple's accelerator shares the machine's, a container has a limit."""
    if on.type in (CPU, "mps"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        with suppress(OSError, ValueError):  # no container, or `max`
            memory = min(memory, int(CGROUP_MEMORY_LIMIT.read_text(encoding="ascii")))
        return memory / 1e9
    return torch.get_device_module(on).mem_get_info()[1] / 1e9


def measure_peak_gb(on: torch.device) -> float:
    """The highest memory of this process so far: what torch has allocated, or all on a CPU."""
    if on.type in (CPU, "mps"):
        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, else KiB
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    return torch.accelerator.max_memory_allocated(on) / 1e9


def get_world_size() -> int:
    """How many processes torchrun started; one without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def require_process_count(on: torch.device) -> int:
    """How many processes train together; several accelerators in one process are refused."""
    visible = torch.accelerator.device_count() if on.type != CPU else 1
    if get_world_size() == 1 and visible > 1:
        raise ProjectError(
            "{visible} accelerators are visible to one process",
            "python -m torch.distributed.run --nproc-per-node {visible} -m {package}.train, "
            "or one of them: CUDA_VISIBLE_DEVICES=0 make train",
            visible=visible,
            package=PACKAGE,
        )
    return get_world_size()


def divide_among_processes(settings: TrainingConfig, processes: int) -> TrainingConfig:
    """The settings of each process, so that all together update on as many rows as planned."""
    assert isinstance(settings.batch_size, int)
    rows = settings.batch_size * settings.gradient_accumulation_steps * settings.processes
    if rows % processes:
        raise ProjectError(
            "an update has {rows} rows (training.batch_size x "
            "training.gradient_accumulation_steps x training.processes), which cannot be divided "
            "evenly among {processes} processes",
            "start a number of processes by which {rows} is divisible",
            rows=rows,
            processes=processes,
        )
    share = rows // processes
    batch = max(size for size in range(1, settings.batch_size + 1) if share % size == 0)
    return settings.model_copy(
        update={"batch_size": batch, "gradient_accumulation_steps": share // batch}
    )
