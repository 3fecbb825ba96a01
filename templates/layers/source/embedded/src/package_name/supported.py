"""Which base models this project can load: run.yaml may name no others."""

from __future__ import annotations

SOURCE = "embedded"
ONLY_MODEL: str | None = "HuggingFaceTB/SmolLM2-135M-Instruct"
HAS_REVISIONS = False
