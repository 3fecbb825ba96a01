"""The typed answers of the user of newft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from newft.schema.method import DEFAULT_METHOD
from newft.text import Language

RecipeAnswer = str | tuple[str, ...]  # as it was written


@dataclass(frozen=True)
class DataAnswer:
    """The data files of the user, and the columns that the user assigned to fields."""

    files: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    positive: tuple[str, ...] = ()  # the labels whose summed probability is scored
    indeterminate: tuple[str, ...] = ()  # labels whose rows are left out
    show: tuple[str, ...] = ()  # columns of a table that the model is shown
    hide: tuple[str, ...] = ()  # columns of a table that it is not shown
    # of the splits that the files give, those that are used; empty: all rows are pooled
    given_splits: tuple[str, ...] | None = None


@dataclass(frozen=True)
class KitAnswer:
    """The starter kit: what was asked for, the exact state that was used, answers to it."""

    source: str | None = None  # a name, a folder or a URL; None: no kit
    revision: str | None = None
    commit: str | None = None
    tree: str | None = None
    prefer: Literal["kit", "newft"] | None = None  # whose file wins where both have it
    answers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """The answers as given; nothing in them is derived."""

    name: str
    domain: str
    task: str
    language: Language
    gpu: str
    family: str
    model: str  # `embedded`, a hub id, or a folder
    hub: Literal["huggingface", "modelscope"] = "huggingface"
    revision: str | None = None
    device_price: str | None = None  # of one device for an hour: a number, and perhaps a currency
    method: str = DEFAULT_METHOD
    exports: tuple[str, ...] | None = None  # None: LLaMA-Factory, only with an accelerator
    ci: Literal["none", "github", "gitlab"] = "none"
    recipe: Mapping[str, RecipeAnswer] = field(default_factory=dict)  # values given by the user
    advice: Mapping[str, str] = field(default_factory=dict)  # factor -> value, as it was written
    roi: Mapping[str, str] = field(default_factory=dict)  # figure -> value, as it was written
    data: DataAnswer = field(default_factory=DataAnswer)
    kit: KitAnswer = field(default_factory=KitAnswer)
