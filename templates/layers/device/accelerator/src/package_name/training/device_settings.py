"""Types of settings in run.yaml that depend on the device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..task_base import ConfigSection
from .device_name import DeviceName as DeviceName

Precision = Literal["fp32", "bf16", "fp16"]
Attention = Literal["sdpa", "eager"]
BatchSize = Annotated[int, Field(ge=1)]
ProcessCount = Annotated[int, Field(ge=1)]
TimedSection = ConfigSection  # of training and evaluation, which have no settings of time
