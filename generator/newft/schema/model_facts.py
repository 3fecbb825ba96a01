"""Facts that were read from the folder of a model: its config, tokenizer, template and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from newft.schema.family import SystemTurn

WeightsKind = Literal["safetensors", "pickled", "none"]


@dataclass(frozen=True)
class ChatFacts:
    """What the tokenizer's config says, and what the chat template writes; None means unknown."""

    has_template: bool = False
    end_of_sequence: str | None = None
    pad: str | None = None
    has_vocabulary: bool = False  # a file of it lies in the folder
    stop_tokens: tuple[str, ...] = ()  # at which generation_config.json stops
    added_tokens: tuple[str, ...] = ()  # of the tokenizer; empty where unknown or very many
    control_tokens: tuple[str, ...] = ()  # that the template names
    template_variables: tuple[str, ...] = ()  # names that the template reads
    # what the template wrote when it was rendered; None if it could not be
    end_of_turn: str | None = None  # the control token after an answer
    system_turn: SystemTurn | None = None
    template_tokens: int | None = None  # added to a user's turn and an answer, estimated
    writes_date: bool = False  # today's date, so that prompts change every day


@dataclass(frozen=True)
class WeightFacts:
    """What the headers of the weights say."""

    kind: WeightsKind
    missing: tuple[str, ...] = ()  # files that the index names
    parameters: int | None = None  # None if a file is missing, or the weights are quantised
    vision_parameters: int = 0  # of towers for images and sound, a part of `parameters`
    layers: int | None = None
    vocabulary: int | None = None  # rows of the embedding
    hidden: int | None = None  # its columns
    tied: bool | None = None  # no matrix of its own predicts the tokens


@dataclass(frozen=True)
class ModelFacts:
    """Facts of a model folder; None means unknown."""

    architectures: tuple[str, ...]
    model_type: str | None
    vocabulary: int | None
    # of config.json, by the names of `NUMBERS` in system/model_config.py
    numbers: Mapping[str, int] = field(default_factory=dict)
    # keys of config.json whose values no model can have, with what is written there
    impossible: tuple[tuple[str, str], ...] = ()
    text_model_type: str | None = None  # of the language model in one that sees images
    quantization: str | None = None  # the method by which the weights are quantised
    own_code: bool = False  # the folder has Python code that defines the model
    has_vision: bool = False
    has_encoder: bool = False  # that reads the input for a decoder, as in T5
    chat: ChatFacts | None = None  # None: there is no tokenizer_config.json
    weights: WeightFacts | None = None
