"""Detect the cores, the memory and the accelerator of this machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from newft.schema.hardware import MachineFacts

DRIVER_TIMEOUT = 10  # seconds; a driver that hangs must not block newft
GIB = 1024**3
MIN_BF16_CAPABILITY = 8.0  # compute capability
# name, MiB, and the compute capability if the driver reports it
GPU_LINE_PATTERN = re.compile(r"\s*(.+?),\s*(\d+|\[.*?\])\s*(?:,\s*(\d+\.\d+)?.*)?")

# Two rows a device: number, name and health; then the bus and, last, the MB in use of all MB.
NPU_ROWS_PATTERN = re.compile(
    r"^\|\s*\d+\s+(\w+)\s*\|\s*[A-Za-z]+\s*\|.*\n\|.*[0-9A-Fa-f]+:.*/\s*(\d+)\s*\|\s*$",
    re.MULTILINE,
)
NPU_SERIES = "910B"  # 910B1 to 910B4 differ in memory, which is read


class _Gpu(NamedTuple):
    name: str
    memory_gb: float | None
    bf16: bool | None
    compute_capability: float | None = None


def probe_machine() -> MachineFacts:
    """Return the facts of this machine; memory is main memory if there is no accelerator."""
    cards = _list_nvidia_gpus() or _list_npus()
    return _make_facts(cards or [_probe_without_card()])


def probe_cpu() -> MachineFacts:
    """Return the facts of this machine as one that trains on its CPU, whatever cards it has."""
    return _make_facts([_probe_processor()])


def _make_facts(cards: Sequence[_Gpu]) -> MachineFacts:
    first = cards[0]
    return MachineFacts(
        accelerator=first.name,
        count=sum(card.name == first.name for card in cards),  # cards of the same model
        cores=_count_cores(),
        memory_gb=first.memory_gb,
        bf16=first.bf16,
        compute_capability=first.compute_capability,
    )


def _probe_without_card() -> _Gpu:
    """Return the device that trains without a card; Apple's GPU shares main memory."""
    if (platform.system(), platform.machine()) == ("Darwin", "arm64"):
        return _Gpu("Apple silicon", _read_main_memory_gb(), None)
    return _probe_processor()


def _probe_processor() -> _Gpu:
    return _Gpu("cpu", _read_main_memory_gb(), _has_cpu_bf16())


def _list_nvidia_gpus() -> list[_Gpu]:
    """Return the NVIDIA cards that this process may use."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    # an old driver refuses a query with a field that it does not know
    answer = _query_nvidia_smi(program, "name,memory.total,compute_cap") or _query_nvidia_smi(
        program, "name,memory.total"
    )
    cards = [
        _parse_gpu_line(line)
        for found in answer.splitlines()
        if (line := GPU_LINE_PATTERN.fullmatch(found))
    ]
    return _select_visible(cards, "CUDA_VISIBLE_DEVICES")


def _list_npus() -> list[_Gpu]:
    """Return the Ascend cards that this process may use, of the series that newft knows."""
    program = shutil.which("npu-smi")
    if program is None:
        return []
    rows = NPU_ROWS_PATTERN.findall(_run_driver([program, "info"]))
    cards = [
        _Gpu(NPU_SERIES, round(int(memory) / 1024, 1), None)
        for name, memory in rows
        if name.startswith(NPU_SERIES)
    ]
    return _select_visible(cards, "ASCEND_RT_VISIBLE_DEVICES")


def _select_visible(cards: list[_Gpu], variable: str) -> list[_Gpu]:
    """Return the cards that a variable of the environment leaves to this process."""
    visible = os.environ.get(variable)
    if visible is None:
        return cards
    chosen = [one for one in visible.replace(" ", "").split(",") if one not in ("", "-1")]
    if all(one.isdecimal() for one in chosen):
        return [cards[int(one)] for one in chosen if int(one) < len(cards)]
    return cards[: len(chosen)]  # UUIDs: only their number is known


def _query_nvidia_smi(program: str, asked: str) -> str:
    """Return the output of nvidia-smi, one line a card; empty if the query fails."""
    return _run_driver([program, f"--query-gpu={asked}", "--format=csv,noheader,nounits"])


def _run_driver(command: list[str]) -> str:
    """Return the output of a driver's program; empty if it fails."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=DRIVER_TIMEOUT, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""


def _parse_gpu_line(line: re.Match[str]) -> _Gpu:
    name, memory, capability = line.groups()
    return _Gpu(
        name,
        round(int(memory) / 1024, 1)
        if memory.isdecimal()
        else None,  # `[N/A]` if it is shared with the CPU
        float(capability) >= MIN_BF16_CAPABILITY if capability else None,
        float(capability) if capability else None,
    )


def _count_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_main_memory_gb() -> float | None:
    """Return main memory in GiB, at most the limit of the container; None if it is unknown."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    with contextlib.suppress(OSError, ValueError):  # no container, or no limit (`max`)
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return round(memory / GIB, 1)


def _has_cpu_bf16() -> bool:
    """Return whether the processor has bf16 instructions; False if it is unknown.

    The project measures how fast they are.
    """
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"\b(avx512_bf16|amx_bf16)\b", described) is not None
