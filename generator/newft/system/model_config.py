"""Reads what a model's folder says about itself: its config.json, as data."""

from __future__ import annotations

import json
from pathlib import Path

from newft.schema.dataset import ModelFacts

LARGEST_CONFIG = 1_000_000  # bytes; a config has a few thousand


def read_model_folder(folder: str) -> ModelFacts | None:
    """What config.json says; None where there is none that can be read (`make setup` then asks)."""
    path = Path(folder) / "config.json"
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_CONFIG:
            return None
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(config, dict):
        return None
    listed, vocabulary = config.get("architectures"), config.get("vocab_size")
    names = listed if isinstance(listed, list) else []
    model_type = config.get("model_type")
    return ModelFacts(
        architectures=tuple(name for name in names if isinstance(name, str)),
        model_type=model_type if isinstance(model_type, str) else None,
        vocabulary=vocabulary if isinstance(vocabulary, int) else None,
    )
