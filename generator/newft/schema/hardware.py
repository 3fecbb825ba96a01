"""Accelerators, and facts about the machine that newft runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newft.text import Text


@dataclass(frozen=True)
class TorchBuild:
    """The versions of torch with kernels for an accelerator that not every version supports."""

    requires: tuple[str, ...]  # pip requirements that replace the usual one
    why: Text
    source: str | Text

    @property
    def excludes_newest(self) -> bool:
        """Whether the newest version of torch does not support the accelerator."""
        return any("<" in wanted or "==" in wanted for wanted in self.requires)


@dataclass(frozen=True)
class Accelerator:
    """A named accelerator; None means that a value is unknown."""

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
    torch: TorchBuild | None = None  # None: the newest version supports it
    desktop: bool = False  # drives a screen, which takes some of the memory


@dataclass(frozen=True)
class Hardware:
    """The hardware of a project: one accelerator or several of a kind."""

    accelerator: Accelerator
    count: int = 1


@dataclass(frozen=True)
class MachineFacts:
    """The machine that newft ran on; the project trains on it only if `gpu` is `auto`."""

    accelerator: str
    count: int
    cores: int
    memory_gb: float | None  # of the accelerator; main memory if it has none of its own
    bf16: bool | None
    compute_capability: float | None = None  # of CUDA
