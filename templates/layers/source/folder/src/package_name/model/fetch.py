"""The base model from a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from ..config import ModelConfig
from ..runtime.messages import fill
from .verify import ModelFolder, explain_offline, verify_model_folder


def find_cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it is on this machine."""
    folder = Path(model.id).expanduser()
    return folder if folder.is_dir() else None


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """The folder that `model.id` names, once it is whole; no revision can be read from it."""
    fetch = explain_offline("hf download ORGANISATION/MODEL --local-dir MODEL")
    return verify_model_folder(
        Path(model.id).expanduser(),
        None,
        hint=fill("copy the folder again from its source; or {fetch}", fetch=fetch),
    )
