"""Count the parameters of a model and of a LoRA adapter from the model's dimensions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from newft.schema.family import Family, MixedLayers, ModelSpec


class LinearModule(NamedTuple):
    """One linear module of the blocks: its widths, and how many of the model's layers have it.

    A name comes twice where the layers of a model differ.
    """

    name: str
    inputs: int
    outputs: int
    layers: int


def list_linear_modules(size: ModelSpec, family: Family) -> tuple[LinearModule, ...]:
    """List the linear modules of the blocks, without experts, embeddings and `lm_head`."""
    known = list(_iterate_modules(size))
    return tuple(
        module for name in family.linear_modules for module in known if module.name == name
    )


def count_adapter_parameters(
    size: ModelSpec,
    family: Family,
    *,
    rank: int,
    modules: Collection[str] | None = None,
    experts: Collection[str] = (),
) -> int:
    """Count the trainable parameters of LoRA on some modules; None means all of the family.

    `experts` are 3-D weights: peft gives each expert two matrices of the rank.
    """
    widths = sum(
        (module.inputs + module.outputs) * module.layers
        for module in list_linear_modules(size, family)
        if modules is None or module.name in modules
    )
    return rank * (widths + sum(_sum_expert_widths(size, name) for name in experts))


def count_block_parameters(size: ModelSpec, family: Family) -> int:
    """Count the weights of one dense block, on average over the layers, without norms."""
    linear = sum(
        module.inputs * module.outputs * module.layers
        for module in list_linear_modules(size, family)
    )
    return (linear + count_expert_parameters(size) + _count_per_layer_inputs(size)) // size.layers


def count_expert_parameters(size: ModelSpec) -> int:
    """Count the weights of all experts that a router picks, of all layers."""
    experts = size.experts
    if experts is None:
        return 0
    layers = size.layers - experts.dense_layers
    return layers * experts.count * 3 * size.hidden * experts.intermediate


def count_embedding_parameters(size: ModelSpec) -> int:
    """Count the weights of the embeddings and, where it is not the same matrix, of `lm_head`."""
    per_layer = size.layers * size.mixed_layers.per_layer_width if size.mixed_layers else 0
    return size.vocabulary * (size.hidden * (1 if size.tied else 2) + per_layer)


def count_computing_parameters(size: ModelSpec) -> float:
    """Count the weights that a token is multiplied with.

    Left out are experts that it is not sent to, and embeddings, which are only looked up.
    """
    experts, resting = size.experts, 0.0
    if experts is not None:
        resting = count_expert_parameters(size) * (1 - experts.per_token / experts.count)
    head = size.vocabulary * size.hidden
    return size.text_parameters - resting - (count_embedding_parameters(size) - head)


def count_parameters(size: ModelSpec, family: Family) -> int:
    """Count the weights of all matrices; norms, biases and a vision tower are left out."""
    return count_block_parameters(size, family) * size.layers + count_embedding_parameters(size)


def _count_per_layer_inputs(size: ModelSpec) -> int:
    """Count what brings the embeddings of a layer to its input, which LoRA leaves alone."""
    width = size.mixed_layers.per_layer_width if size.mixed_layers else 0
    return 3 * size.layers * size.hidden * width


def _sum_expert_widths(size: ModelSpec, name: str) -> int:
    experts = size.experts
    if experts is None:
        return 0
    # peft 0.21 gives the fused gate and up projection twice the rank
    width = (
        2 * (size.hidden + 2 * experts.intermediate)
        if name.endswith("gate_up_proj")
        else size.hidden + experts.intermediate
    )
    return (size.layers - experts.dense_layers) * experts.count * width


def _iterate_modules(size: ModelSpec) -> Iterator[LinearModule]:
    yield from _iterate_attention(size)
    yield from _iterate_mlp(size)


def _iterate_attention(size: ModelSpec) -> Iterator[LinearModule]:
    hidden, query, key = size.hidden, size.heads * size.head_dim, size.kv_heads * size.head_dim
    layers = size.layers - (size.linear_attention.layers if size.linear_attention else 0)
    if latent := size.latent_attention:
        query = size.heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
        value = size.heads * latent.v_head_dim
        compressed = latent.kv_lora_rank
        if rank := latent.q_lora_rank:
            yield LinearModule("q_a_proj", hidden, rank, layers)
            yield LinearModule("q_b_proj", rank, query, layers)
        else:
            yield LinearModule("q_proj", hidden, query, layers)
        yield LinearModule(
            "kv_a_proj_with_mqa", hidden, compressed + latent.qk_rope_head_dim, layers
        )
        keys = size.heads * (latent.qk_nope_head_dim + latent.v_head_dim)
        yield LinearModule("kv_b_proj", compressed, keys, layers)
        yield LinearModule("o_proj", value, hidden, layers)
        return
    if size.mixed_layers:
        yield from _iterate_mixed_attention(size, size.mixed_layers)
        return
    gated = 2 if size.linear_attention else 1  # Qwen3.5 gates the output by a part of q_proj
    yield LinearModule("q_proj", hidden, gated * query, layers)
    yield LinearModule("k_proj", hidden, key, layers)
    yield LinearModule("v_proj", hidden, key, layers)
    yield LinearModule("o_proj", query, hidden, layers)
    for name in ("qkv_proj", "query_key_value", "W_pack"):
        yield LinearModule(name, hidden, query + 2 * key, layers)
    yield LinearModule("dense", query, hidden, layers)
    if linear := size.linear_attention:
        keys = linear.key_heads * linear.key_head_dim
        values = linear.value_heads * linear.value_head_dim
        yield LinearModule("in_proj_qkv", hidden, 2 * keys + values, linear.layers)
        yield LinearModule("in_proj_z", hidden, values, linear.layers)
        yield LinearModule("in_proj_b", hidden, linear.value_heads, linear.layers)
        yield LinearModule("in_proj_a", hidden, linear.value_heads, linear.layers)
        yield LinearModule("out_proj", values, hidden, linear.layers)


def _iterate_mixed_attention(size: ModelSpec, mixed: MixedLayers) -> Iterator[LinearModule]:
    group = size.layers // mixed.global_layers
    shared = mixed.shared_kv_layers // group
    local = size.layers - mixed.global_layers
    for layers, own, kv_heads, head_dim, has_values in (
        (local, local - mixed.shared_kv_layers + shared, size.kv_heads, size.head_dim, True),
        (
            mixed.global_layers,
            mixed.global_layers - shared,
            mixed.global_kv_heads,
            mixed.global_head_dim,
            not mixed.keys_are_values,
        ),
    ):
        yield LinearModule("q_proj", size.hidden, size.heads * head_dim, layers)
        yield LinearModule("k_proj", size.hidden, kv_heads * head_dim, own)
        if has_values:
            yield LinearModule("v_proj", size.hidden, kv_heads * head_dim, own)
        yield LinearModule("o_proj", size.heads * head_dim, size.hidden, layers)


def _iterate_mlp(size: ModelSpec) -> Iterator[LinearModule]:
    experts, hidden, inner = size.experts, size.hidden, size.intermediate
    layers = experts.dense_layers if experts else size.layers
    mixed = size.mixed_layers
    if mixed and mixed.shared_kv_intermediate:
        wide, layers = mixed.shared_kv_intermediate, layers - mixed.shared_kv_layers
        yield LinearModule("gate_proj", hidden, wide, mixed.shared_kv_layers)
        yield LinearModule("up_proj", hidden, wide, mixed.shared_kv_layers)
        yield LinearModule("down_proj", wide, hidden, mixed.shared_kv_layers)
    yield from _iterate_plain_mlp(hidden, inner, layers)
    if experts and experts.shared_intermediate:
        sparse = size.layers - experts.dense_layers
        yield from _iterate_plain_mlp(hidden, experts.shared_intermediate, sparse)


def _iterate_plain_mlp(hidden: int, inner: int, layers: int) -> Iterator[LinearModule]:
    for name in ("gate_proj", "up_proj"):
        yield LinearModule(name, hidden, inner, layers)
    for name in ("gate_up_proj", "dense_h_to_4h"):
        yield LinearModule(name, hidden, 2 * inner, layers)
    for name in ("down_proj", "dense_4h_to_h"):
        yield LinearModule(name, inner, hidden, layers)
