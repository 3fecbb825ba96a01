"""How many processes train together, and which rows each of them has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..config import TrainingConfig
from ..model.accelerator import VISIBLE_DEVICES
from ..model.device import CPU
from ..runtime import PACKAGE
from ..runtime.errors import ProjectError
from ..runtime.output import say


def get_world_size() -> int:
    """How many processes torchrun started; one without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def require_process_count(on: torch.device) -> int:
    """How many processes train together; several devices in one process are refused."""
    visible = torch.accelerator.device_count() if on.type != CPU else 1
    if get_world_size() == 1 and visible > 1:
        raise ProjectError(
            "{visible} accelerators are visible to one process",
            "run python -m torch.distributed.run --nproc-per-node {visible} -m {package}.train; "
            "or use one of them: {variable}=0 make train",
            visible=visible,
            package=PACKAGE,
            variable=VISIBLE_DEVICES,
        )
    return get_world_size()


def refuse_other_processes(run: Path, record: Mapping[str, Any], processes: int) -> None:
    """Refuse to go on with more or fewer processes: a step would hold other rows."""
    before = record.get("processes", processes)
    if before != processes:
        raise ProjectError(
            "{run} was started with {before} processes, but would resume with {processes}",
            "run python -m torch.distributed.run --nproc-per-node {before} -m {package}.train, "
            "or set another run.name",
            run=run,
            before=before,
            processes=processes,
            package=PACKAGE,
        )


def resolve_process_settings(planned: TrainingConfig) -> TrainingConfig:
    """The settings of this process; says so where they are not those of run.yaml."""
    processes = get_world_size()
    settings = divide_among_processes(planned, processes)
    if processes != planned.processes:
        say(
            "training.processes is {planned}, but {processes} processes are running: with "
            "batch_size {batch_size} and gradient_accumulation_steps "
            "{gradient_accumulation_steps}, an update still has {rows} rows",
            planned=planned.processes,
            processes=processes,
            batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.gradient_accumulation_steps,
            rows=settings.batch_size * settings.gradient_accumulation_steps * processes,
        )
    return settings


def divide_among_processes(settings: TrainingConfig, processes: int) -> TrainingConfig:
    """The settings of each process, so that all together update on as many rows as planned."""
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
        update={
            "batch_size": batch,
            "gradient_accumulation_steps": share // batch,
            "processes": processes,
        }
    )
