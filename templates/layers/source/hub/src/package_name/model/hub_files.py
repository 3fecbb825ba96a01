"""Which files of a model on a hub are fetched, and how they are brought to a machine by hand."""

from __future__ import annotations

from pathlib import Path

from ..config import ModelConfig
from ..runtime.errors import ProjectError
from ..runtime.messages import fill

ALLOW_PATTERNS = [
    "*.json",
    "*.safetensors",
    "*.model",
    "*.tiktoken",
    "*.jinja",
    "merges.txt",
    "vocab.txt",
]
# the same weights again, in the formats of other programs
IGNORE_PATTERNS = ["*/*", "consolidated*"]
LOCAL_FOLDER = "base-model"  # in the project; git leaves it out


def find_local_folder(model: ModelConfig) -> Path | None:
    """Return the local folder that `model.id` names, if it is one; a folder has no revision."""
    folder = Path(model.id).expanduser()
    if not folder.is_dir():
        return None
    if model.revision:
        raise ProjectError(
            "model.revision is {revision}, but model.id is a folder, which has no revisions",
            "set model.revision: null",
            revision=model.revision,
        )
    return folder


def explain_offline(program: str, model: ModelConfig) -> str:
    """How to bring a model to a machine without a network; `program` downloads from the hub."""
    revision = f" --revision {model.revision}" if model.revision else ""
    without = "".join(f' --exclude "{pattern}"' for pattern in IGNORE_PATTERNS)
    return fill(
        "run `{command}` on a machine with network access, copy that folder here, and set "
        "model.id in config/run.yaml to ./{folder}",
        command=f"{program} download {model.id}{revision}{without} --local-dir {LOCAL_FOLDER}",
        folder=LOCAL_FOLDER,
    )
