"""A folder with a small random model of any family: its class, its template, a real tokenizer.

The structure is that of the family's smallest checkpoint: experts, latent and linear attention,
windows, shared keys. Only widths and the number of layers are small.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from newft.schema.family import Family, ModelSpec
from support.model_configs import build_config
from support.real_chats import CHATS, RealChat, load_tokenizer

# of every family one of its templates
CHAT_OF_FAMILY: dict[str, RealChat] = {chat.family: chat for chat in reversed(CHATS.values())}
LAYERS = 4
WINDOW = 64  # tokens that a layer with a window sees: fewer than in a long prompt


def list_variants(family: Family) -> dict[str, ModelSpec]:
    """The first checkpoint of each class of a family, one in 16 bit where there is one."""
    variants: dict[str, ModelSpec] = {}
    for size in sorted(family.sizes, key=lambda one: one.quantization is not None):
        variants.setdefault(size.architecture or family.architectures[0], size)
    return variants


def make_tiny_family(family: Family, size: ModelSpec, folder: Path) -> None:
    """Write the model and its tokenizer."""
    tokenizer = load_tokenizer(CHAT_OF_FAMILY[family.id])
    tokenizer.save_pretrained(folder)
    model = build_tiny_model(family, size, vocabulary=len(tokenizer))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    name_as_on_the_hub(family, size, folder / "config.json")


def name_as_on_the_hub(family: Family, size: ModelSpec, config: Path) -> None:
    """Name the architecture as the hub does, where transformers makes another class of it."""
    values = json.loads(config.read_text(encoding="utf-8"))
    if values["architectures"][0] not in family.architectures:
        values["architectures"] = [size.architecture or family.architectures[0]]
    assert values["model_type"] in family.model_types
    config.write_text(json.dumps(values), encoding="utf-8")


def build_tiny_model(family: Family, size: ModelSpec, vocabulary: int) -> PreTrainedModel:
    """The model with random weights, in a wrapper with a vision tower if the class is one."""
    torch.manual_seed(0)
    text = build_config(family, shrink(size, vocabulary))
    text.pad_token_id, text.bos_token_id, text.eos_token_id = 0, None, None
    wrapper = WRAPPERS.get(size.architecture or family.architectures[0])
    if wrapper is None:
        return AutoModelForCausalLM.from_config(text)  # type: ignore[no-any-return]
    return wrapper(text)


def shrink(size: ModelSpec, vocabulary: int) -> ModelSpec:
    """The same kind of model with few and narrow layers."""
    small: dict[str, object] = {
        "hub_id": size.hub_id, "layers": LAYERS, "hidden": 64, "intermediate": 96, "heads": 4,
        "kv_heads": 2 if size.kv_heads < size.heads else 4, "head_dim": 16,
        "vocabulary": vocabulary, "context": 2048,
        "sliding_window": WINDOW if size.sliding_window else None,
    }  # fmt: skip
    if size.experts:
        small["experts"] = replace(
            size.experts, count=4, per_token=2, intermediate=32,
            dense_layers=min(size.experts.dense_layers, 1),
            shared_intermediate=32 if size.experts.shared_intermediate else 0,
        )  # fmt: skip
    if size.latent_attention:
        small["latent_attention"] = replace(
            size.latent_attention, kv_lora_rank=16, qk_nope_head_dim=16, qk_rope_head_dim=8,
            v_head_dim=16,
        )  # fmt: skip
        small["kv_heads"] = 4
    if size.linear_attention:
        small["linear_attention"] = replace(
            size.linear_attention, layers=LAYERS * size.linear_attention.layers // size.layers,
            key_heads=2, key_head_dim=16, value_heads=4, value_head_dim=16,
        )  # fmt: skip
    if size.mixed_layers:
        mixed = size.mixed_layers
        small["mixed_layers"] = replace(
            mixed, global_layers=LAYERS // 2, global_head_dim=32, global_kv_heads=1,
            shared_kv_layers=2 if mixed.shared_kv_layers else 0,
            shared_kv_intermediate=192 if mixed.shared_kv_intermediate else None,
            per_layer_width=8 if mixed.per_layer_width else 0,
        )  # fmt: skip
    return replace(size, **small)


def wrap_gemma3(text: PreTrainedConfig) -> PreTrainedModel:
    vision = transformers.SiglipVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        image_size=16, patch_size=4,
    )  # fmt: skip
    config = transformers.Gemma3Config(
        text_config=text, vision_config=vision, mm_tokens_per_image=4, image_token_index=3,
        boi_token_index=1, eoi_token_index=4,
    )  # fmt: skip
    return transformers.Gemma3ForConditionalGeneration(config)


def wrap_gemma4(text: PreTrainedConfig) -> PreTrainedModel:
    vision = transformers.Gemma4VisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, head_dim=8, global_head_dim=8, patch_size=4,
        position_embedding_size=16,
    )  # fmt: skip
    config = transformers.Gemma4Config(
        text_config=text, vision_config=vision, audio_config=None, image_token_id=3,
        boi_token_id=1, eoi_token_id=4, audio_token_id=1,
    )  # fmt: skip
    return transformers.Gemma4ForConditionalGeneration(config)


def wrap_gemma4_unified(text: PreTrainedConfig) -> PreTrainedModel:
    vision = transformers.Gemma4UnifiedVisionConfig(
        mm_embed_dim=32, output_proj_dims=32, mm_posemb_size=4
    )
    config = transformers.Gemma4UnifiedConfig(
        text_config=text, vision_config=vision, audio_config=None, image_token_id=3,
        boi_token_id=1, eoi_token_id=4, audio_token_id=1,
    )  # fmt: skip
    return transformers.Gemma4UnifiedForConditionalGeneration(config)


def wrap_mistral3(text: PreTrainedConfig) -> PreTrainedModel:
    vision = transformers.PixtralVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        image_size=32, patch_size=4, head_dim=8,
    )  # fmt: skip
    config = transformers.Mistral3Config(
        text_config=text, vision_config=vision, image_token_index=3
    )
    return transformers.Mistral3ForConditionalGeneration(config)


WRAPPERS = {
    "Gemma3ForConditionalGeneration": wrap_gemma3,
    "Gemma4ForConditionalGeneration": wrap_gemma4,
    "Gemma4UnifiedForConditionalGeneration": wrap_gemma4_unified,
    "Mistral3ForConditionalGeneration": wrap_mistral3,
}
