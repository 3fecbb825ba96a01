"""Which base models this project can load: run.yaml may name no others."""

from __future__ import annotations

MODEL_SOURCE = "embedded"
ONLY_MODEL_ID: str | None = "HuggingFaceTB/SmolLM2-135M-Instruct"
HAS_REVISIONS = False
