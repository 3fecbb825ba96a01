"""The settings of a LoRA adapter in run.yaml, and which of them exclude each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ..runtime.messages import fill
from ..task_base import ConfigSection, NonNegativeFraction, PositiveCount


class LoraSettings(ConfigSection):
    """The adapter; all other weights stay as they are."""

    rank: PositiveCount
    alpha: PositiveCount
    dropout: NonNegativeFraction
    target_modules: str | list[str]
    target_parameters: list[str] = Field(default=[])  # 3-D weights of experts, where there are any
    rslora: bool = False
    dora: bool = False
    pissa: bool = False
    loraplus_lr_ratio: Annotated[float, Field(ge=1)] = 1.0

    @model_validator(mode="after")
    def _go_together(self) -> LoraSettings:
        if self.target_parameters and (self.dropout or self.dora or self.pissa):
            raise ValueError(
                fill(
                    "target_parameters adapts experts, for which peft has neither dropout nor "
                    "DoRA nor PiSSA: set dropout to 0.0, and dora and pissa to false"
                )
            )
        if self.dora and self.pissa:
            raise ValueError(
                fill(
                    "dora and pissa exclude each other: a PiSSA adapter is saved as LoRA of "
                    "twice the rank, which has no place for the magnitudes of DoRA"
                )
            )
        return self
