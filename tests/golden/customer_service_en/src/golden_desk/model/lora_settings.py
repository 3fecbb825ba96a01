"""The settings of a LoRA adapter in run.yaml, and what peft calls them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..task_base import ConfigSection, NonNegativeFraction, PositiveCount


class LoraSettings(ConfigSection):
    """The adapter; all other weights stay as they are."""

    rank: PositiveCount
    alpha: PositiveCount
    dropout: NonNegativeFraction
    target_modules: str | list[str]
    rslora: bool = False
    dora: bool = False
    loraplus_lr_ratio: Annotated[float, Field(ge=1)] = 1.0

    def list_adapter_options(self) -> dict[str, Any]:
        """The options of peft's LoraConfig."""
        return {
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "target_modules": self.target_modules,
            "use_rslora": self.rslora,
            "use_dora": self.dora,
        }
