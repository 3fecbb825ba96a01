"""Which base models this project can load: run.yaml may name no others."""

from __future__ import annotations

SOURCE = "modelscope"
ONLY_MODEL: str | None = None
HAS_REVISIONS = True
