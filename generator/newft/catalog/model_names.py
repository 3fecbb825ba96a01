"""Understand the names that people give to models: short ones, and those of former models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from math import log
from typing import NamedTuple

from newft.schema.catalog import Catalog
from newft.schema.family import Family, FormerModels, ModelSpec
from newft.text import fold_name

# What the names of chat models end in, where a short name leaves it out.
_CHAT_SUFFIXES = ("", "chat", "instruct", "it", "chathf", "hf", "0414")
_FORMER_OWNERS = {"thudm": "zai-org"}  # organisations of Hugging Face that were renamed
_CHAT_ENDING = re.compile(r"-(?:chat-hf|chat|instruct|it|hf)$", re.IGNORECASE)
_CHAT_PART = re.compile(r"-(?:chat|instruct|it)(?=-|$)", re.IGNORECASE)
_BASE_PART = re.compile(r"-(?:base|pt)(?=-|$)", re.IGNORECASE)
_PACKED_PART = re.compile(
    r"(?:^|[-_.])(awq|gptq|gguf|exl2|bnb-4bit|int[48])(?=$|[-_.])", re.IGNORECASE
)
# as in Qwen3-1.7B, SmolLM2-135M, Qwen-1_8B; `A3B` after it is active
_SIZE = re.compile(r"(?<![a-z])(\d+(?:[._]\d+)?)([bm])(?![a-z])(?:-A\d+B)?", re.IGNORECASE)
_LEAST_LIKENESS = 0.6  # of two names of series


class Successor(NamedTuple):
    """The model to take instead of a former one, and what is said of the former ones."""

    model: str
    former: FormerModels


def find_listed_model(name: str, catalog: Catalog) -> str | None:
    """Return the hub id of the one model that a short or former name means, as `chatglm3-6b`."""
    owner, _, short = name.rpartition("/")
    suffixes = ("",) if owner else _CHAT_SUFFIXES
    wanted = {fold_name(short) + suffix for suffix in suffixes}
    owner = owner.lower()  # hubs do not tell capitals apart
    owners = {owner, _FORMER_OWNERS.get(owner, owner)}
    found = {
        size.hub_id
        for _, size in _iterate_models(catalog)
        if fold_name(size.hub_id.rpartition("/")[2]) in wanted
        and (not owner or size.hub_id.rpartition("/")[0].lower() in owners)
    }
    exact = [one for one in found if fold_name(one.rpartition("/")[2]) == fold_name(short)]
    meant = exact or list(found)
    return meant[0] if len(meant) == 1 else None


def find_chat_model(name: str, catalog: Catalog) -> str | None:
    """Return the chat model of the catalogue that was made from the base model of this hub id."""
    owner, _, short = name.lower().rpartition("/")
    plain = _BASE_PART.sub("", short)
    for _, size in _iterate_models(catalog):
        its_owner, _, its_name = size.hub_id.lower().rpartition("/")
        if _CHAT_PART.sub("", its_name) == plain and (plain != short or owner == its_owner):
            return size.hub_id
    return None


def find_packing(name: str) -> str | None:
    """Return the format for inference that a hub id ends in, such as AWQ or GGUF."""
    found = _PACKED_PART.search(name.rpartition("/")[2])
    return found[1] if found else None


def find_successor(name: str, catalog: Catalog) -> Successor | None:
    """Return what to take instead of a model that newft cannot train, by a name or hub id of it.

    Of the family that stands in for it, the model whose size is nearest.
    """
    short = fold_name(name.rpartition("/")[2])
    for family in catalog.families.values():
        for former in family.replaces:
            names = {fold_name(one) for one in former.models}
            if short in names or f"{short}chat" in names:
                return Successor(_find_nearest_size(name, family), former)
    return None


def find_near_models(name: str, catalog: Catalog, *, most: int = 3) -> list[str]:
    """Return the models of the catalogue that are nearest in family and size, best first."""
    short = name.rpartition("/")[2]
    series, size = _name_series(short), _read_size(short)
    near = {
        one.hub_id: (-likeness, abs(log(one.parameters / size)) if size else 0.0, -spelling)
        for _, one in _iterate_models(catalog)
        if (likeness := _compare(series, _name_series(one.hub_id))) >= _LEAST_LIKENESS
        for spelling in [_compare(fold_name(short), fold_name(_CHAT_ENDING.sub("", one.hub_id)))]
    }
    return sorted(near, key=lambda hub_id: near[hub_id])[:most]


def _name_series(name: str) -> str:
    """Return what the models of one series are called, whatever their size and purpose."""
    short = name.rpartition("/")[2]
    for part in (_CHAT_ENDING, _CHAT_PART, _BASE_PART, _SIZE):
        short = part.sub("", short)
    return fold_name(short)


def _compare(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _read_size(name: str) -> float | None:
    """Return the parameters that a name states, as in `Qwen3-1.7B`."""
    stated = _SIZE.search(name)
    if stated is None:
        return None
    return float(stated[1].replace("_", ".")) * (1e9 if stated[2] in "bB" else 1e6) or None


def _find_nearest_size(name: str, family: Family) -> str:
    wanted = _read_size(name) or 0.0
    return min(family.sizes, key=lambda size: abs(size.parameters - wanted)).hub_id


def _iterate_models(catalog: Catalog) -> Iterator[tuple[Family, ModelSpec]]:
    for family in catalog.families.values():
        for size in family.sizes:
            yield family, size
