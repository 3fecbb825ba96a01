"""Read the facts of a model that lies on this machine, in a folder or in the cache of a hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from newft.schema.model_facts import ModelFacts
from newft.system.model_config import (
    find_impossible_values,
    has_encoder,
    has_own_code,
    has_vision,
    read_architectures,
    read_json_object,
    read_numbers,
    read_quantization,
    read_text,
    read_text_model_type,
)
from newft.system.model_tokenizer import read_chat_facts
from newft.system.model_weights import read_weights


def read_model_folder(folder: str) -> ModelFacts | None:
    """Return the facts of a folder; None if config.json cannot be read."""
    path = Path(folder).expanduser()
    config = read_json_object(path / "config.json")
    if config is None:
        return None
    numbers, quantization = read_numbers(config), read_quantization(config)
    return ModelFacts(
        architectures=read_architectures(config),
        model_type=read_text(config, "model_type"),
        vocabulary=numbers.get("vocabulary") or None,
        text_model_type=read_text_model_type(config),
        numbers=numbers,
        impossible=tuple(find_impossible_values(config)),
        quantization=quantization,
        own_code=has_own_code(config),
        has_vision=has_vision(config),
        has_encoder=has_encoder(config),
        chat=read_chat_facts(path),
        weights=read_weights(path, quantized=quantization is not None),
    )


def read_cached_model(hub_id: str, environment: Mapping[str, str]) -> ModelFacts | None:
    """Return the facts of a model in the cache of Hugging Face or ModelScope; None if not there."""
    for folder in _list_cache_folders(hub_id, environment):
        if facts := read_model_folder(str(folder)):
            return facts
    return None


def _list_cache_folders(hub_id: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where the hubs' own programs would have put a model, the newest snapshot first."""
    organisation, _, name = hub_id.partition("/")
    home = Path(environment.get("HOME") or Path.home())
    base = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    hugging_face = Path(environment.get("HF_HOME") or base / "huggingface")
    cache = Path(environment.get("HF_HUB_CACHE") or hugging_face / "hub").expanduser()
    yield from _list_snapshots(cache / f"models--{organisation}--{name}" / "snapshots")
    own = environment.get("MODELSCOPE_CACHE")
    modelscope = Path(own) if own else base / "modelscope" / "hub"
    for middle in ("models", "."):  # older programs put models at the top
        yield modelscope.expanduser() / middle / organisation / name.replace(".", "___")


def _list_snapshots(folder: Path) -> list[Path]:
    try:
        found = [(one.stat().st_mtime, one.name, one) for one in folder.iterdir()]
    except OSError:
        return []
    return [one for *_, one in sorted(found, reverse=True)]
