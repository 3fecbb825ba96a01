"""What this machine has: cores, memory, and an accelerator if one answers."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from newft.model import MachineFacts

ANSWER_SECONDS = 10  # a driver that takes longer is not to be waited for
GIB = 1024**3


def probe() -> MachineFacts:
    """This machine; memory is the accelerator's, or main memory where there is none."""
    cards = _nvidia_cards()
    name, memory_gb = cards[0] if cards else ("cpu", _main_memory_gb())
    return MachineFacts(
        accelerator=name,
        count=max(1, sum(card[0] == name for card in cards)),  # of one kind
        cores=_cores(),
        memory_gb=memory_gb,
        bf16=_cpu_bf16(),
    )


def _nvidia_cards() -> list[tuple[str, float]]:
    """Name and memory of each card that this process may use."""
    query = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        answer = subprocess.run(
            [program, *query], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
    lines = [re.fullmatch(r"\s*(.+?),\s*(\d+)\s*", line) for line in answer.splitlines()]
    cards = [(line[1], round(int(line[2]) / 1024, 1)) for line in lines if line]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return cards
    chosen = [one for one in visible.replace(" ", "").split(",") if one not in ("", "-1")]
    if all(one.isdecimal() for one in chosen):
        return [cards[int(one)] for one in chosen if int(one) < len(cards)]
    return cards[: len(chosen)]  # named by UUID, which says how many


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _main_memory_gb() -> float:
    """Main memory in GiB, within a container's limit; 0 where the system does not say."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0.0
    with contextlib.suppress(OSError, ValueError):  # no container, or `max`
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return round(memory / GIB, 1)


def _cpu_bf16() -> bool:
    """Whether the processor multiplies in bf16; unknown counts as no."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"\b(avx512_bf16|amx_bf16)\b", described) is not None
