"""The base model from a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from ..config import ModelConfig
from ..runtime.messages import fill
from .verify import ModelFolder, verify_model_folder

# where find_cached_folder finds none
NO_FOLDER_MESSAGE = (
    "the model is not on this machine yet: make check and make train will check the row lengths"
)


def find_cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it is on this machine."""
    folder = Path(model.id).expanduser()
    return folder if folder.is_dir() else None


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """The folder that `model.id` names, once it is whole; no revision can be read from it."""
    return verify_model_folder(
        Path(model.id).expanduser(),
        None,
        hint=fill(
            "copy the folder again from its source; it must hold config.json, the files of the "
            "tokenizer and every *.safetensors file"
        ),
    )
