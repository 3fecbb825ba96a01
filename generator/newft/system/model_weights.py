"""Read the headers of safetensors files: which tensors there are, without reading any weight."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from newft.schema.model_facts import WeightFacts
from newft.system.model_config import read_json_object

INDEX_FILE, SINGLE_FILE = "model.safetensors.index.json", "model.safetensors"
PICKLED_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
MAX_HEADER_BYTES = 100_000_000  # the limit of the format itself
MAX_INDEX_BYTES = 50_000_000
VISION_TENSOR = re.compile(r"(^|\.)(vision|visual|audio|multi_modal|mm_|img_|embed_vision)")
LAYER_TENSOR = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
EMBEDDINGS = ("embed_tokens.weight", "word_embeddings.weight", "wte.weight")
HEADS = ("lm_head.weight", "output_layer.weight", "output.weight")

Shapes = Mapping[str, tuple[int, ...]]


def read_weights(folder: Path, *, quantized: bool) -> WeightFacts:
    """Return the facts of the weights; of quantised ones, the shapes say nothing."""
    names = _list_files(folder)
    missing = tuple(name for name in names if not (folder / name).is_file())
    if not names or len(missing) == len(names):
        return WeightFacts("pickled" if _has_pickled_weights(folder) else "none")
    shapes: dict[str, tuple[int, ...]] = {}
    for name in names:
        shapes.update(_read_shapes(folder / name) or {})
    if missing or quantized or not shapes:
        return WeightFacts("safetensors", missing)
    return _describe_tensors(shapes)


def _describe_tensors(shapes: Shapes) -> WeightFacts:
    vision = {name for name in shapes if VISION_TENSOR.search(name)}
    language = [name for name in shapes if name not in vision]
    layers = {int(match[1]) for name in language if (match := LAYER_TENSOR.search(name))}
    embedding = next((shapes[name] for name in language if name.endswith(EMBEDDINGS)), (None, None))
    if len(embedding) != 2:
        embedding = (None, None)
    return WeightFacts(
        "safetensors",
        parameters=sum(map(prod, shapes.values())),
        vision_parameters=sum(prod(shapes[name]) for name in vision),
        layers=len(layers) or None,
        vocabulary=embedding[0],
        hidden=embedding[1],
        tied=not any(name.endswith(HEADS) for name in language),
    )


def _list_files(folder: Path) -> tuple[str, ...]:
    """List the files of the weights, as the index names them."""
    if (folder / SINGLE_FILE).is_file():
        return (SINGLE_FILE,)
    index = read_json_object(folder / INDEX_FILE, limit=MAX_INDEX_BYTES) or {}
    listed = index.get("weight_map")
    values = listed.values() if isinstance(listed, dict) else ()
    # a name with a path in it would leave the folder
    return tuple(sorted({one for one in values if isinstance(one, str) and "/" not in one}))


def _has_pickled_weights(folder: Path) -> bool:
    try:
        return any(file.suffix in PICKLED_SUFFIXES for file in folder.iterdir())
    except OSError:
        return False


def _read_shapes(file: Path) -> dict[str, tuple[int, ...]] | None:
    """Return the shapes of the tensors in a file; None if it is damaged or a pointer of Git LFS."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > MAX_HEADER_BYTES:
                return None
            header: Any = json.loads(stream.read(length))
    except (OSError, ValueError, struct.error, RecursionError):
        return None
    if not isinstance(header, dict):
        return None
    shapes = {}
    for name, tensor in header.items():
        shape = tensor.get("shape") if isinstance(tensor, dict) else None
        if isinstance(shape, list) and all(isinstance(one, int) and one >= 0 for one in shape):
            shapes[name] = tuple(shape)
    return shapes
