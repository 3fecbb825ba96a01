"""Accelerators, and the machine that generates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newft.text import Text


@dataclass(frozen=True)
class TorchBuild:
    """The versions of torch that have kernels for an accelerator, where not all have."""

    requires: tuple[str, ...]  # pip requirements in place of the usual one
    why: Text
    source: str | Text

    @property
    def excludes_newest(self) -> bool:
        """Whether the newest torch alone would not do."""
        return any("<" in wanted or "==" in wanted for wanted in self.requires)


@dataclass(frozen=True)
class Accelerator:
    """A named accelerator; None means unknown, never a guess."""

    id: str
    title: str
    kind: Literal["cuda", "npu", "mps", "cpu"]
    memory_gb: float | None
    bf16: bool | None
    fp16: bool | None
    flash_attention: bool | None
    int4: bool | None  # bitsandbytes NF4
    peak_tflops: float | None  # dense, in 16 bit
    source: str | Text
    aliases: tuple[str, ...] = ()
    compute_capability: float | None = None  # of CUDA
    torch: TorchBuild | None = None  # None: the newest version will do
    desktop: bool = False  # made for a computer with a screen, which takes some of the memory


@dataclass(frozen=True)
class Hardware:
    """What a project trains on: several of one accelerator."""

    accelerator: Accelerator
    count: int = 1


@dataclass(frozen=True)
class MachineFacts:
    """The machine that generated; it trains only where `gpu` is `auto`."""

    accelerator: str
    count: int
    cores: int
    memory_gb: float | None  # the accelerator's; main memory where it has none of its own
    bf16: bool | None
    compute_capability: float | None = None  # of CUDA
