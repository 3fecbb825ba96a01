"""Read config.json of a model: architecture, dimensions, quantisation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MAX_CONFIG_BYTES = 1_000_000  # a config.json has a few thousand
MAX_NUMBER = 10**9  # thousands of times the longest context of the catalogue

# Each number and the names that configurations give it, the first that is there counts.
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "layers": ("num_hidden_layers", "num_layers", "n_layer", "n_layers"),
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "intermediate": ("intermediate_size", "ffn_hidden_size", "n_inner"),
    "heads": ("num_attention_heads", "n_head", "n_heads"),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num", "num_kv_heads"),
    "head_dim": ("head_dim", "kv_channels"),
    "vocabulary": ("vocab_size", "padded_vocab_size"),
    "context": ("max_position_embeddings", "seq_length", "n_positions", "max_sequence_length"),
    "tied": ("tie_word_embeddings",),
    "sliding_window": ("sliding_window",),
    "qkv_bias": ("attention_bias", "qkv_bias", "add_qkv_bias"),
    "experts": ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    "experts_per_token": (
        "num_experts_per_tok",
        "num_experts_per_token",
        "experts_per_token",
        "top_k_experts",
        "moe_topk",
        "moe_top_k",
        "moe_k",
    ),
    "expert_intermediate": ("moe_intermediate_size",),
    "shared_experts": ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts"),
    "shared_intermediate": (
        "shared_expert_intermediate_size",
        "shared_intermediate_size",
        "moe_shared_expert_intermediate_size",
        "shared_experts_intermediate_size",
    ),
    "dense_beside_experts": ("enable_moe_block",),  # Gemma 4: in every layer, beside the experts
    "dense_layers": ("first_k_dense_replace", "num_dense_layers"),
    "kv_lora_rank": ("kv_lora_rank",),
    "q_lora_rank": ("q_lora_rank",),
    "qk_nope_head_dim": ("qk_nope_head_dim",),
    "qk_rope_head_dim": ("qk_rope_head_dim",),
    "v_head_dim": ("v_head_dim",),
    "linear_key_heads": ("linear_num_key_heads",),
    "linear_key_head_dim": ("linear_key_head_dim",),
    "linear_value_heads": ("linear_num_value_heads",),
    "linear_value_head_dim": ("linear_value_head_dim",),
}
# of which every model has at least one
POSITIVE = (
    *("layers", "hidden", "intermediate", "heads", "kv_heads", "head_dim", "vocabulary", "context"),
)
UNLIMITED = -1  # as some configurations say that nothing limits a window or the context
LIMITS = ("sliding_window", "context")
TEXT_SECTIONS = ("text_config", "llm_config", "language_config")  # of models with a vision tower
VISION_SECTIONS = ("vision_config", "visual", "audio_config")


def read_json_object(path: Path, *, limit: int = MAX_CONFIG_BYTES) -> dict[str, Any] | None:
    """Return the object in a JSON file; None if there is none, or it is too large."""
    try:
        if not path.is_file() or path.stat().st_size > limit:
            return None
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_architectures(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the classes that the config names."""
    listed = config.get("architectures")
    names = listed if isinstance(listed, list) else []
    return tuple(name for name in names if isinstance(name, str))


def read_text(config: Mapping[str, Any], key: str) -> str | None:
    """Return a text of the config."""
    value = config.get(key)
    return value if isinstance(value, str) else None


def read_text_model_type(config: Mapping[str, Any]) -> str | None:
    """Return the type of the language model in a model with a vision tower."""
    return read_text(_get_text_section(config), "model_type")


def read_numbers(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the dimensions of the language model, by the names of `NUMBERS`."""
    section = _get_text_section(config)
    found = {
        number: value
        for number, names in NUMBERS.items()
        for value in list(_iterate_values((section, config), names))[:1]
    }
    if section.get("use_sliding_window", config.get("use_sliding_window", True)) is False:
        found.pop("sliding_window", None)
    return {**found, **_count_layer_kinds({**config, **section})}


def find_impossible_values(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the keys of dimensions that no model can have, with what is written there.

    Null means unknown, and a list has a value for each layer: neither is a fault.
    """
    return [
        (f"{name}.{key}" if name else key, json.dumps(section[key], ensure_ascii=False))
        for name, section in _iterate_sections(config)
        for number, keys in NUMBERS.items()
        for key in keys
        if key in section and not _is_possible(number, section[key])
    ]


def _iterate_sections(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "", config
    for name in TEXT_SECTIONS:
        yield name, _get_section(config, name)


def _is_possible(number: str, value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, list):
        return bool(value) and all(_is_possible(number, one) for one in value)
    if isinstance(value, bool):
        return number not in POSITIVE
    if value == UNLIMITED and number in LIMITS:
        return True
    return isinstance(value, int) and (number in POSITIVE) <= value <= MAX_NUMBER


def read_quantization(config: Mapping[str, Any]) -> str | None:
    """Return the method by which the weights are quantised."""
    section = _get_section(config, "quantization_config")
    if named := read_text(section, "quant_method"):
        return named
    if _get_section(config, "quantization"):
        return "mlx"
    return "unknown" if section else None


def has_own_code(config: Mapping[str, Any]) -> bool:
    """Return whether the model is defined by Python code in its folder."""
    return "AutoModelForCausalLM" in _get_section(config, "auto_map")


def has_encoder(config: Mapping[str, Any]) -> bool:
    """Return whether an encoder reads the input, and a decoder writes alone."""
    return config.get("is_encoder_decoder") is True


def has_vision(config: Mapping[str, Any]) -> bool:
    """Return whether the model has a tower for images or sound."""
    return any(_get_section(config, name) for name in VISION_SECTIONS)


def _get_text_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(filter(None, (_get_section(config, name) for name in TEXT_SECTIONS)), {})


def _get_section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def _iterate_values(
    sections: tuple[Mapping[str, Any], ...], names: tuple[str, ...]
) -> Iterator[int]:
    """Yield the whole numbers under any of the names; `true` counts as 1."""
    for section in sections:
        for name in names:
            value = section.get(name)
            if isinstance(value, int) and 0 <= value <= MAX_NUMBER:
                yield int(value)


def _count_layer_kinds(config: Mapping[str, Any]) -> dict[str, int]:
    """Count the layers whose attention is linear, and those without experts."""
    kinds, mlps = config.get("layer_types"), config.get("mlp_layer_types")
    counted = {}
    if isinstance(kinds, list) and (linear := kinds.count("linear_attention")):
        counted["linear_layers"] = linear
    if dense := mlps.count("dense") if isinstance(mlps, list) else _count_dense_layers(config):
        counted["dense_layers"] = dense
    return counted


def _count_dense_layers(config: Mapping[str, Any]) -> int:
    """Count the layers that are named as dense, and those between the sparse ones (Qwen MoE)."""
    named, step = config.get("mlp_only_layers"), config.get("decoder_sparse_step")
    dense = {one for one in named if isinstance(one, int)} if isinstance(named, list) else set()
    layers = config.get("num_hidden_layers")
    if not (isinstance(step, int) and step > 1 and isinstance(layers, int)):
        return len(dense)
    return layers - layers // step + sum((one + 1) % step == 0 for one in dense)
