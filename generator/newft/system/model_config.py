"""Read the config.json of a model folder."""

from __future__ import annotations

import json
from pathlib import Path

from newft.schema.dataset import ModelFacts

MAX_CONFIG_BYTES = 1_000_000  # a config.json has a few thousand


def read_model_folder(folder: str) -> ModelFacts | None:
    """Return the facts of config.json; None if it cannot be read, which `make setup` reports."""
    path = Path(folder) / "config.json"
    try:
        if not path.is_file() or path.stat().st_size > MAX_CONFIG_BYTES:
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
