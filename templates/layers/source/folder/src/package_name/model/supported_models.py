"""Which base models this project can load: run.yaml may name no others."""

from __future__ import annotations

MODEL_SOURCE = "folder"
ONLY_MODEL_ID: str | None = None
HAS_REVISIONS = False
