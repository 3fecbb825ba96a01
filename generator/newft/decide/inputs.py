"""The inputs of a decision: answers, facts, and catalogue entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from newft.decide.number_format import format_number
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.dataset import Facts
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.kit import Task
from newft.schema.method import MethodValue, TrainingMethod
from newft.text import Text

# A quarter of the memory is left to the system and other programs: rule of newft.
CPU_MEMORY_SHARE = 0.75
# A desktop on a large screen takes up to 0.9 GB of the graphics card
# (https://github.com/linuxmint/cinnamon/issues/3892); rounded up.
DESKTOP_RESERVE_GB = 1.0


class Choices(Protocol):
    """Method, model and device: all that decides whether a method works."""

    @property
    def family(self) -> Family:
        """The family of the model."""

    @property
    def size(self) -> ModelSpec | None:
        """The dimensions of the model; None if they are unknown."""

    @property
    def hardware(self) -> Hardware:
        """The device that trains."""

    @property
    def method(self) -> TrainingMethod:
        """The training method."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a value of the recipe may depend on."""

    answers: Answers
    facts: Facts
    family: Family
    size: ModelSpec | None  # None: a folder, or a hub id that is not in the catalogue
    hardware: Hardware
    task: Task
    method: TrainingMethod
    catalog: Catalog | None = None  # for suggesting alternatives
    # values of the recipe that the user gives, by their names in run.yaml
    given: Mapping[str, MethodValue] = field(default_factory=dict)

    @property
    def on_cpu(self) -> bool:
        """True if the run trains on a CPU."""
        return self.hardware.accelerator.kind == "cpu"

    @property
    def trained_by_project(self) -> bool:
        """True if the project trains the model itself; else another tool does."""
        return self.family.successor is None

    @property
    def times_steps(self) -> bool:
        """True if the project times steps on a CPU and has a time budget; another tool does not."""
        return self.on_cpu and self.trained_by_project

    @property
    def trains_here(self) -> bool:
        """True if the project is trained on the machine that generates it."""
        return self.answers.gpu == "auto" and self.facts.machine is not None

    @property
    def memory_gb(self) -> float | None:
        """Memory available to one process, in GB of 1e9 bytes; None if unknown."""
        machine = self.facts.machine
        if self.on_cpu and self.trains_here and machine is not None:
            return machine.memory_gb and machine.memory_gb * CPU_MEMORY_SHARE
        memory = self.hardware.accelerator.memory_gb
        return memory and max(0.0, memory - self.desktop_gb)

    @property
    def desktop_gb(self) -> float:
        """Memory reserved for the desktop on cards that usually drive a screen."""
        return DESKTOP_RESERVE_GB if self.hardware.accelerator.desktop else 0.0

    @property
    def memory_label(self) -> Text:
        """Device and memory as they appear in messages."""
        title, memory = self.hardware.accelerator.title, format_number(self.memory_gb)
        if self.memory_gb is None:
            return Text(title, title)
        if self.desktop_gb:
            whole = format_number(self.hardware.accelerator.memory_gb)
            return Text(
                f"{title} ({memory} of {whole} GB, {self.desktop_gb:g} GB reserved for a desktop)",
                f"{title}（{whole} GB，给桌面留 {self.desktop_gb:g} GB，可用 {memory} GB）",
            )
        return Text(f"{title} ({memory} GB)", f"{title}（{memory} GB）")

    @property
    def rows(self) -> int:
        """Usable rows."""
        return self.facts.data.accepted

    @property
    def labels(self) -> int:
        """Number of labels, at least 1 so that it can be a divisor."""
        return max(1, len(self.facts.data.labels))

    @property
    def name(self) -> str:
        """Name of the model in messages."""
        return self.size.hub_id if self.size else self.answers.model


def name_memory_zh(hardware: Hardware) -> str:
    """Return the Chinese word for the memory of the device: 显存 on a GPU or NPU, else 内存."""
    return "显存" if hardware.accelerator.kind in ("cuda", "npu") else "内存"
