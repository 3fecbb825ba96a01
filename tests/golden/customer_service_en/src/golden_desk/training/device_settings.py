"""Types of settings in run.yaml that depend on the device: a CPU is timed, and given a budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..task_base import ConfigSection

# auto: `make train` times what this CPU does fastest, and keeps it with the run
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Attention = Literal["auto", "sdpa", "eager"]
BatchSize = Annotated[int, Field(ge=1)] | Literal["auto"]
DeviceName = Literal["cpu"]
ProcessCount = Annotated[int, Field(ge=1, le=1)]


class TimedSection(ConfigSection):
    """A section for work that ends when its time is spent; null is without end."""

    time_budget_minutes: Annotated[float, Field(gt=0)] | None
