"""The section `method` of run.yaml: LoRA beside weights in 16 or 32 bit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from ..runtime.messages import fill
from .lora_settings import LoraSettings

# the principal components from 16 iterations: seconds instead of minutes for a model of billions
PISSA = "pissa_niter_16"


class MethodConfig(LoraSettings):
    """LoRA, which may start from the principal components of the weights."""

    name: Literal["lora"]
    pissa: bool = False

    def list_adapter_options(self) -> dict[str, Any]:
        """The options of peft's LoraConfig."""
        return super().list_adapter_options() | {"init_lora_weights": PISSA if self.pissa else True}

    @model_validator(mode="after")
    def _go_together(self) -> MethodConfig:
        if self.dora and self.pissa:
            raise ValueError(
                fill(
                    "dora and pissa exclude each other: a PiSSA adapter is saved as LoRA of "
                    "twice the rank, which has no place for the magnitudes of DoRA"
                )
            )
        return self
