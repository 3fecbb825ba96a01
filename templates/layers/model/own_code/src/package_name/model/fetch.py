"""The base model needs code of its own, which no project runs: it is never fetched."""

from __future__ import annotations

from pathlib import Path

from ..config import ModelConfig
from ..runtime.errors import ProjectError
from .successor import SUCCESSOR
from .verify import ModelFolder

# where find_cached_folder finds none
NO_FOLDER_MESSAGE = (
    "row lengths are not checked: the tokenizer of the model needs code of its own; LLaMA-Factory "
    "truncates rows of more than cutoff_len tokens"
)


def find_cached_folder(model: ModelConfig) -> Path | None:
    """No folder: without its own code, even the tokenizer of the model cannot be read."""
    return None


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """Refuse the model, and say what to train instead, or with what."""
    raise ProjectError(
        "{id} needs code of its own, which fails on this transformers: this project prepares its "
        "data, and does not train it",
        "train {successor} instead: newft new FOLDER --model {successor}; or train {id} with "
        "LLaMA-Factory: the head of config/llama_factory.yaml says how",
        id=model.id,
        successor=SUCCESSOR,
    )
