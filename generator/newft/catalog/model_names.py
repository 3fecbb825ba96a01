"""Understand the names that people give to models: short ones, and those of former models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from newft.schema.catalog import Catalog
from newft.schema.family import Family, FormerModels, ModelSpec
from newft.text import find_nearest_names, fold_name

# What the names of chat models end in, where a short name leaves it out.
_CHAT_SUFFIXES = ("", "chat", "instruct", "it", "chathf", "hf", "0414")
_FORMER_OWNERS = {"thudm": "zai-org"}  # organisations of Hugging Face that were renamed
_CHAT_ENDING = re.compile(r"-(?:chat-hf|chat|instruct|it|hf)$", re.IGNORECASE)
_CHAT_PART = re.compile(r"-(?:chat|instruct|it)(?=-|$)", re.IGNORECASE)
_BASE_PART = re.compile(r"-(?:base|pt)(?=-|$)", re.IGNORECASE)
_PACKED_PART = re.compile(
    r"(?:^|[-_.])(awq|gptq|gguf|exl2|bnb-4bit|int[48])(?=$|[-_.])", re.IGNORECASE
)
_BILLIONS = re.compile(r"(\d+(?:[._]\d+)?)b(?![a-z])", re.IGNORECASE)


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
    """Return the models of the catalogue with the most similar names, best first."""
    by_name: dict[str, str] = {}
    for _, size in _iterate_models(catalog):
        short = size.hub_id.rpartition("/")[2]
        by_name |= {short: size.hub_id, _CHAT_ENDING.sub("", short): size.hub_id}
    near = find_nearest_names(name.rpartition("/")[2], by_name, most=2 * most)
    return list(dict.fromkeys(by_name[one] for one in near))[:most]


def _find_nearest_size(name: str, family: Family) -> str:
    stated = _BILLIONS.search(name)
    wanted = float(stated[1].replace("_", ".")) * 1e9 if stated else 0.0
    return min(family.sizes, key=lambda size: abs(size.parameters - wanted)).hub_id


def _iterate_models(catalog: Catalog) -> Iterator[tuple[Family, ModelSpec]]:
    for family in catalog.families.values():
        for size in family.sizes:
            yield family, size
