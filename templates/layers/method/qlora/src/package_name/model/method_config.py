"""The section `method` of run.yaml: LoRA beside weights in 4 bit."""

from __future__ import annotations

from typing import Literal

from .lora_settings import LoraSettings


class MethodConfig(LoraSettings):
    """LoRA beside weights in 4 bit."""

    name: Literal["qlora"]
