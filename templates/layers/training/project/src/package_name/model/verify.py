"""The files of a base model: whether a folder holds them all.

Weights are read from safetensors only: a pickled file (.bin, .pt) can run code when it is loaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open

from ..runtime.errors import ProjectError
from ..runtime.messages import fill

TOKENIZER_FILES = (
    ("tokenizer.json",),
    ("tokenizer.model",),
    ("vocab.json", "merges.txt"),
    ("vocab.txt",),
)
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}


class ModelFolder(NamedTuple):
    """A complete model folder, and what its source calls this version of it."""

    path: Path
    revision: str | None  # None: a plain folder does not say


def verify_model_folder(path: Path, revision: str | None, *, hint: str) -> ModelFolder:
    """The folder, once it is sure to hold a config, a tokenizer and every weight in full."""
    if not path.is_dir():
        raise ProjectError("{path} is not a folder", "{advice}", path=path, advice=hint)
    faults = [fill("{file} is missing", file=name) for name in _list_missing_files(path)]
    faults += [
        fill("{file} is not JSON", file=file.name)
        for file in sorted(path.glob("*.json"))
        if _is_invalid_json(file)
    ]
    faults += [
        fault for name in _list_weight_files(path) for fault in _find_weight_faults(path / name)
    ]
    if faults:
        title = fill("the model in {path} is incomplete:", path=path)
        raise ProjectError("\n  ".join([title, *faults]), hint)
    return ModelFolder(path, revision)


def _list_missing_files(folder: Path) -> list[str]:
    missing = [
        name for name in ("config.json", "tokenizer_config.json") if not (folder / name).is_file()
    ]
    if not any(all((folder / name).is_file() for name in names) for names in TOKENIZER_FILES):
        missing.append(fill("tokenizer.json (or tokenizer.model, or vocab.json with merges.txt)"))
    return missing


def _is_invalid_json(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except ValueError:
        return True
    return False


def _list_weight_files(folder: Path) -> list[str]:
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file() or not index.is_file():
        return ["model.safetensors"]
    try:
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProjectError(
            "{file} is damaged: {reason}", "copy this file again", file=index, reason=error
        ) from error
    return sorted({str(name) for name in names}) or ["model.safetensors"]


def _find_weight_faults(weights: Path) -> list[str]:
    if not weights.is_file():
        pickled = sorted(
            file.name for file in weights.parent.iterdir() if file.suffix in PICKLE_SUFFIXES
        )
        return [
            fill(
                "{file} is missing; {pickled} can run code when it is loaded and is not read"
                if pickled
                else "{file} is missing",
                file=weights.name,
                pickled=(pickled or [""])[0],
            )
        ]
    try:
        with safe_open(weights, framework="numpy"):
            return []
    except SafetensorError:
        return [
            fill(
                "{file} is incomplete, or a Git LFS pointer instead of the weights",
                file=weights.name,
            )
        ]
