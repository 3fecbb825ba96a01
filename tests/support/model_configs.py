"""The transformers config of a checkpoint, every size written out as the catalogue has it.

A class's own defaults are those of some checkpoint: taken for another one, they are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights

from newft.schema.family import Family, ModelSpec

VISION = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "head_dim": 8,
}
# by the class of the whole: the type of its language model, and a small vision tower
WRAPPED: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "Gemma3ForConditionalGeneration": (
        "gemma3_text",
        {**VISION, "image_size": 28, "patch_size": 14},
    ),
    "Gemma4ForConditionalGeneration": ("gemma4_text", {**VISION, "num_key_value_heads": 2}),
    "Gemma4UnifiedForConditionalGeneration": (
        "gemma4_unified_text",
        {"mm_embed_dim": 32, "output_proj_dims": 32, "mm_posemb_size": 4},
    ),
    "Mistral3ForConditionalGeneration": (
        "ministral3",
        {**VISION, "model_type": "pixtral", "image_size": 28, "patch_size": 14},
    ),
}


def build_config(family: Family, size: ModelSpec) -> PreTrainedConfig:
    """The config of the language model; one with a vision tower has it as its text config."""
    return BUILDERS[size.architecture or family.architectures[0]](size)


def build_on_meta(config: PreTrainedConfig) -> PreTrainedModel:
    """The model without its weights, for counting; to draw random ones would take longest."""
    with torch.device("meta"), no_init_weights():
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    model.tie_weights()  # which goes with drawing them
    return model


def count_on_meta(family: Family, size: ModelSpec) -> int:
    """The parameters of a checkpoint, those of its vision tower as the catalogue has them."""
    model = build_on_meta(build_config(family, size))
    return int(model.num_parameters()) + (size.vision_parameters or 0)


def wrap_config(name: str, text: PreTrainedConfig | Mapping[str, object]) -> PreTrainedConfig:
    """The config of a class that sees images, too, around that of its language model."""
    text_type, vision = WRAPPED[name]
    values = text.to_dict() if isinstance(text, PreTrainedConfig) else dict(text)
    return getattr(transformers, name).config_class(  # type: ignore[no-any-return]
        text_config={**values, "model_type": text_type}, vision_config=vision
    )


def list_shape(size: ModelSpec) -> dict[str, Any]:
    """What every decoder has, by the names of config.json."""
    return {
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "head_dim": size.head_dim,
        "vocab_size": size.vocabulary,
        "max_position_embeddings": size.context,
        "tie_word_embeddings": size.tied,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }


def list_layer_types(layers: int, full_every: int, other: str = "sliding_attention") -> list[str]:
    """One layer in so many sees the whole text; the last one always does."""
    types = [other if (i + 1) % full_every else "full_attention" for i in range(layers)]
    return [*types[:-1], "full_attention"] if layers < full_every else types


def build_dense(name: str, **more: object) -> Callable[[ModelSpec], PreTrainedConfig]:
    def build(size: ModelSpec) -> PreTrainedConfig:
        return getattr(transformers, name)(**list_shape(size), **more)  # type: ignore[no-any-return]

    return build


def build_biased(name: str) -> Callable[[ModelSpec], PreTrainedConfig]:
    """A class whose config says whether queries, keys and values have biases."""

    def build(size: ModelSpec) -> PreTrainedConfig:
        return build_dense(name, attention_bias=size.qkv_bias)(size)

    return build


def build_qwen3_moe(size: ModelSpec) -> PreTrainedConfig:
    assert size.experts
    return transformers.Qwen3MoeConfig(
        **list_shape(size),
        num_experts=size.experts.count,
        num_experts_per_tok=size.experts.per_token,
        moe_intermediate_size=size.experts.intermediate,
        mlp_only_layers=list(range(size.experts.dense_layers)),
        decoder_sparse_step=1,
    )


def build_qwen3_5(size: ModelSpec) -> PreTrainedConfig:
    linear = size.linear_attention
    assert linear
    return transformers.Qwen3_5TextConfig(
        **list_shape(size),
        layer_types=list_layer_types(
            size.layers, size.layers // (size.layers - linear.layers), "linear_attention"
        ),
        linear_num_key_heads=linear.key_heads,
        linear_key_head_dim=linear.key_head_dim,
        linear_num_value_heads=linear.value_heads,
        linear_value_head_dim=linear.value_head_dim,
        linear_conv_kernel_dim=4,
    )


def build_deepseek_v2(size: ModelSpec) -> PreTrainedConfig:
    latent, experts = size.latent_attention, size.experts
    assert latent and experts
    shape: Mapping[str, Any] = {**list_shape(size), "head_dim": None}
    return transformers.DeepseekV2Config(
        **shape,
        q_lora_rank=latent.q_lora_rank,
        kv_lora_rank=latent.kv_lora_rank,
        qk_nope_head_dim=latent.qk_nope_head_dim,
        qk_rope_head_dim=latent.qk_rope_head_dim,
        v_head_dim=latent.v_head_dim,
        n_routed_experts=experts.count,
        num_experts_per_tok=experts.per_token,
        moe_intermediate_size=experts.intermediate,
        n_shared_experts=experts.shared_intermediate // experts.intermediate,
        first_k_dense_replace=experts.dense_layers,
        topk_method="greedy",
        n_group=1,
        topk_group=1,
        norm_topk_prob=False,
        routed_scaling_factor=1.0,
    )


def build_gpt_oss(size: ModelSpec) -> PreTrainedConfig:
    assert size.experts
    shape = {**list_shape(size), "intermediate_size": size.experts.intermediate}
    return transformers.GptOssConfig(
        **shape,
        num_local_experts=size.experts.count,
        num_experts_per_tok=size.experts.per_token,
        sliding_window=size.sliding_window,
        layer_types=list_layer_types(size.layers, 2),
    )


def build_gemma2(size: ModelSpec) -> PreTrainedConfig:
    return transformers.Gemma2Config(
        **list_shape(size),
        query_pre_attn_scalar=size.head_dim,
        sliding_window=size.sliding_window,
        layer_types=list_layer_types(size.layers, 2),
    )


def build_gemma3(size: ModelSpec) -> PreTrainedConfig:
    return transformers.Gemma3TextConfig(
        **list_shape(size),
        query_pre_attn_scalar=size.head_dim,
        sliding_window=size.sliding_window,
        layer_types=list_layer_types(size.layers, 6),
    )


def build_gemma4(name: str) -> Callable[[ModelSpec], PreTrainedConfig]:
    def build(size: ModelSpec) -> PreTrainedConfig:
        mixed = size.mixed_layers
        assert mixed
        more: dict[str, Any] = {
            "hidden_size_per_layer_input": mixed.per_layer_width,
            "vocab_size_per_layer_input": size.vocabulary,
            "use_double_wide_mlp": mixed.shared_kv_intermediate is not None,
        }
        return getattr(transformers, name)(  # type: ignore[no-any-return]
            **list_shape(size),
            global_head_dim=mixed.global_head_dim,
            num_global_key_value_heads=mixed.global_kv_heads,
            attention_k_eq_v=mixed.keys_are_values,
            num_kv_shared_layers=mixed.shared_kv_layers,
            sliding_window=size.sliding_window,
            layer_types=list_layer_types(size.layers, size.layers // mixed.global_layers),
            **(more if name == "Gemma4TextConfig" else {}),
        )

    return build


# by the class that a checkpoint's config.json names; a wrapper is built by its language model
BUILDERS: Mapping[str, Callable[[ModelSpec], PreTrainedConfig]] = {
    "LlamaForCausalLM": build_dense("LlamaConfig", attention_bias=False, mlp_bias=False),
    "InternLM3ForCausalLM": build_dense("InternLM3Config"),
    "Qwen2ForCausalLM": build_dense("Qwen2Config"),
    "Qwen3ForCausalLM": build_dense("Qwen3Config", attention_bias=False),
    "Qwen3MoeForCausalLM": build_qwen3_moe,
    "Qwen3_5ForCausalLM": build_qwen3_5,
    "Qwen3_5ForConditionalGeneration": build_qwen3_5,
    "GlmForCausalLM": build_biased("GlmConfig"),
    "Glm4ForCausalLM": build_biased("Glm4Config"),
    "MistralForCausalLM": build_dense("MistralConfig", sliding_window=None),
    "Ministral3ForCausalLM": build_dense("Ministral3Config"),
    "Mistral3ForConditionalGeneration": build_dense("Ministral3Config"),
    "Gemma2ForCausalLM": build_gemma2,
    "Gemma3ForCausalLM": build_gemma3,
    "Gemma3ForConditionalGeneration": build_gemma3,
    "Gemma4ForCausalLM": build_gemma4("Gemma4TextConfig"),
    "Gemma4ForConditionalGeneration": build_gemma4("Gemma4TextConfig"),
    "Gemma4UnifiedForConditionalGeneration": build_gemma4("Gemma4UnifiedTextConfig"),
    "Phi3ForCausalLM": build_dense("Phi3Config"),
    "DeepseekV2ForCausalLM": build_deepseek_v2,
    "GptOssForCausalLM": build_gpt_oss,
    "Olmo2ForCausalLM": build_dense("Olmo2Config", attention_bias=False),
    "SmolLM3ForCausalLM": build_dense("SmolLM3Config"),
}
