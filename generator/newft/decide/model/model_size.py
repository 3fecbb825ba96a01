"""The dimensions of a model that the catalogue does not list, from its own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.decide.estimate.parameter_count import count_expert_parameters, count_parameters
from newft.schema.family import Caveat, Experts, Family, LatentAttention, LinearAttention, ModelSpec
from newft.schema.model_facts import ModelFacts
from newft.text import Text

SOURCE = "config.json"
# numbers without which neither memory nor time can be estimated
ESSENTIAL = ("layers", "hidden", "heads", "vocabulary")
OF_EXPERTS = ("experts_per_token",)  # nor these, where there are experts
UNKNOWN_CONTEXT = 4096  # tokens, where config.json names no limit: what nearly every model reads
# what a model shares with a listed one that has the same dimensions
SAME_SIZE = ("layers", "hidden", "intermediate", "vocabulary")
UNREACHED = Caveat(
    Text("the experts get no adapter", "专家不加适配器"),
    Text(
        "LoRA trains what target_modules names, and the 3-D weights of experts are none of it",
        "LoRA 只训练 target_modules 指定的模块，而专家是三维权重，不在其中",
    ),
    "https://huggingface.co/docs/peft/developer_guides/lora",
    methods=("lora",),
)


def make_model_spec(name: str, model: ModelFacts, family: Family) -> ModelSpec | None:
    """Return the dimensions of a model; None if its files do not tell them.

    A config.json leaves out what it shares with the defaults of its class. What a listed model of
    the same size has is then taken from there, with the values that it has for methods.
    """
    twin = find_twin(model, family)
    numbers = {**(_list_numbers(twin) if twin else {}), **_complete_by_weights(model)}
    sparse = numbers.get("experts", 0) > 1
    if any(not numbers.get(key) for key in (*ESSENTIAL, *(OF_EXPERTS if sparse else ()))):
        return None
    spec = _build_spec(name, numbers)
    if spec is None:
        return None
    spec = _count(spec, model, family)
    spec = replace(
        spec,
        template_arguments=_select_arguments(model, family, twin),
        quantization=model.quantization,
        further_caveats=(UNREACHED,) if spec.experts and not family.expert_parameters else (),
    )
    if twin is None:
        return spec
    spec = replace(
        spec,
        experts=spec.experts or twin.experts,
        latent_attention=spec.latent_attention or twin.latent_attention,
        linear_attention=spec.linear_attention or twin.linear_attention,
        mixed_layers=twin.mixed_layers,
        architecture=twin.architecture,
        llama_factory_template=twin.llama_factory_template,
    )
    parameters = spec.parameters if model.weights and model.weights.parameters else twin.parameters
    return replace(
        spec,
        parameters=parameters,
        vision_parameters=spec.vision_parameters or twin.vision_parameters,
        active_parameters=twin.active_parameters,
        methods=twin.methods,
        caveats=twin.caveats,
        further_caveats=twin.further_caveats,
    )


def find_twin(model: ModelFacts, family: Family) -> ModelSpec | None:
    """Return the listed model of the same dimensions, if there is one."""
    numbers = _complete_by_weights(model)
    for size in family.sizes:
        if all(numbers.get(key, getattr(size, key)) == getattr(size, key) for key in SAME_SIZE):
            return size if {"layers", "hidden"} <= numbers.keys() else None
    return None


def _select_arguments(
    model: ModelFacts, family: Family, twin: ModelSpec | None
) -> Mapping[str, str | bool] | None:
    """Return the arguments that this template reads: two of a family may differ in them."""
    if model.chat is None or not model.chat.template_variables:
        return twin.template_arguments if twin else None
    arguments = family.chat.template_arguments
    kept = {key: arguments[key] for key in arguments if key in model.chat.template_variables}
    return None if kept == arguments else kept


def _complete_by_weights(model: ModelFacts) -> dict[str, int]:
    """Return the numbers of config.json, and what only the weights tell."""
    found = dict(model.numbers)
    if weights := model.weights:
        for key in ("layers", "vocabulary", "hidden"):
            if key not in found and (value := getattr(weights, key)):
                found[key] = value
        if "tied" not in found and weights.tied is not None:
            found["tied"] = int(weights.tied)
    return found


def _list_numbers(size: ModelSpec) -> dict[str, int]:
    plain = ("layers", "hidden", "intermediate", "heads", "kv_heads", "head_dim", "vocabulary")
    found = {key: int(getattr(size, key)) for key in (*plain, "context", "tied", "qkv_bias")}
    if size.sliding_window:
        found["sliding_window"] = size.sliding_window
    if size.experts:
        found["experts_per_token"] = size.experts.per_token
    return found


def find_unpacked_copy(size: ModelSpec, family: Family) -> str | None:
    """Return the model of a family with the same weights, stored in 16 bit."""
    same = (size.parameters, size.layers, size.hidden)
    copies = (
        one.hub_id
        for one in family.sizes
        if not one.quantization and (one.parameters, one.layers, one.hidden) == same
    )
    return next(copies, None)


def _build_spec(name: str, numbers: Mapping[str, int]) -> ModelSpec | None:
    heads, hidden = numbers["heads"], numbers["hidden"]
    experts = _build_experts(numbers)
    intermediate = numbers.get("intermediate") or (experts.intermediate if experts else 0)
    if not intermediate:
        return None
    return ModelSpec(
        hub_id=name,
        parameters=0,
        layers=numbers["layers"],
        hidden=hidden,
        intermediate=intermediate,
        heads=heads,
        kv_heads=numbers.get("kv_heads") or heads,
        head_dim=numbers.get("head_dim") or max(1, hidden // heads),
        vocabulary=numbers["vocabulary"],
        context=numbers.get("context") or UNKNOWN_CONTEXT,
        tied=bool(numbers.get("tied", False)),  # two matrices, where nothing says that it is one
        source=SOURCE,
        sliding_window=numbers.get("sliding_window") or None,
        qkv_bias=bool(numbers.get("qkv_bias", False)),
        experts=experts,
        latent_attention=_build_latent_attention(numbers),
        linear_attention=_build_linear_attention(numbers),
    )


def _build_experts(numbers: Mapping[str, int]) -> Experts | None:
    count, width = numbers.get("experts", 0), numbers.get("expert_intermediate")
    width = width or numbers.get("intermediate", 0)
    if count < 2 or not width:
        return None
    return Experts(
        count=count,
        per_token=numbers["experts_per_token"],
        intermediate=width,
        shared_intermediate=_find_shared_width(numbers, width),
        dense_layers=numbers.get("dense_layers", 0),
    )


def _find_shared_width(numbers: Mapping[str, int], expert: int) -> int:
    """Return the width of the MLP beside the experts: as it is given, or of so many experts."""
    if numbers.get("dense_beside_experts"):
        return numbers.get("intermediate", 0)
    return numbers.get("shared_intermediate") or numbers.get("shared_experts", 0) * expert


def _build_latent_attention(numbers: Mapping[str, int]) -> LatentAttention | None:
    if any(
        key not in numbers
        for key in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    ):
        return None
    return LatentAttention(
        kv_lora_rank=numbers["kv_lora_rank"],
        qk_nope_head_dim=numbers["qk_nope_head_dim"],
        qk_rope_head_dim=numbers["qk_rope_head_dim"],
        v_head_dim=numbers["v_head_dim"],
        q_lora_rank=numbers.get("q_lora_rank") or None,
    )


def _build_linear_attention(numbers: Mapping[str, int]) -> LinearAttention | None:
    if any(
        key not in numbers for key in ("linear_layers", "linear_key_heads", "linear_key_head_dim")
    ):
        return None
    key_heads, key_dim = numbers["linear_key_heads"], numbers["linear_key_head_dim"]
    return LinearAttention(
        layers=numbers["linear_layers"],
        key_heads=key_heads,
        key_head_dim=key_dim,
        value_heads=numbers.get("linear_value_heads", key_heads),
        value_head_dim=numbers.get("linear_value_head_dim", key_dim),
    )


def _count(spec: ModelSpec, model: ModelFacts, family: Family) -> ModelSpec:
    """Return the dimensions with the number of parameters: of the weights, or computed."""
    weights = model.weights
    counted = weights.parameters if weights else None
    total = counted or count_parameters(spec, family)
    active = None
    if experts := spec.experts:
        resting = count_expert_parameters(spec) * (1 - experts.per_token / experts.count)
        active = round(total - resting)
    return replace(
        spec,
        parameters=total,
        active_parameters=active,
        vision_parameters=(weights.vision_parameters or None) if weights else None,
    )
