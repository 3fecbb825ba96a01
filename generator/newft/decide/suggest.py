"""The model to begin with, for who has none in mind."""

from __future__ import annotations

from typing import NamedTuple

from newft.decide import sources
from newft.decide.case import figure, memory_zh
from newft.decide.estimate import Load
from newft.decide.fit import peak_gb
from newft.decide.precision import on_accelerator
from newft.entries import EMBEDDED, Catalog, Family, Hardware, Language, Size, Text, cited
from newft.errors import CatalogError
from newft.model import Reasoned

FAMILY = "qwen3"
COMFORT = 0.75  # of the memory: longer rows and larger batches stay possible
# An ordinary request for LoRA: rank 16, one row of 1,024 tokens, activations recomputed.
RANK, LENGTH, ANSWER = 16, 1024, 16


class ModelChoice(NamedTuple):
    """Answers to `family` and `model`."""

    family: str
    model: str


def suggest_model(
    hardware: Hardware, language: Language, catalog: Catalog, *, family: str | None = None
) -> Reasoned[ModelChoice]:
    """The family and model to offer first; of one family, where that is chosen."""
    if hardware.accelerator.kind == "cpu":
        return _for_cpu(language, catalog, family=family)
    return _for_card(hardware, _family(catalog, family or FAMILY))


def _for_cpu(language: Language, catalog: Catalog, *, family: str | None) -> Reasoned[ModelChoice]:
    chosen = _family(catalog, family) if family else None
    if chosen is None or any(size.embedded for size in chosen.sizes):
        return _embedded(language, catalog)
    smallest = min(chosen.sizes, key=lambda size: size.parameters)
    why = Text("the smallest of the family: a CPU is slow", "该系列中最小的模型：CPU 较慢")
    return Reasoned(ModelChoice(chosen.id, _name(smallest)), why, cited(smallest.source))


def _for_card(hardware: Hardware, family: Family) -> Reasoned[ModelChoice]:
    memory = hardware.accelerator.memory_gb
    sizes = sorted(family.sizes, key=lambda size: size.parameters)
    if memory is None:
        why = Text(
            f"the memory of {hardware.accelerator.title} is not known: the smallest of the family",
            f"{hardware.accelerator.title} 的{memory_zh(hardware)}未知，取该系列最小的模型",
        )
        return Reasoned(ModelChoice(family.id, _name(sizes[0])), why, cited(family.sources[0]))
    return _largest(family, sizes, hardware, memory)


def _embedded(language: Language, catalog: Catalog) -> Reasoned[ModelChoice]:
    family = next(
        (
            family
            for family in catalog.families.values()
            if any(size.embedded for size in family.sizes)
        ),
        None,
    )
    if family is None:
        raise CatalogError(
            Text("no family has an embedded model", "没有任何系列带内置模型"), where="families"
        )
    why = Text(
        "a CPU trains it in minutes, and nothing is downloaded from a hub",
        "CPU 上几分钟就能训练完，无需下载模型",
    )
    if language not in family.languages:
        why = Text(
            f"{why.en}; it knows little Chinese"
            if language == "zh"
            else f"{why.en}; little English",
            f"{why.zh}，但中文能力很弱" if language == "zh" else f"{why.zh}，但英文能力很弱",
        )
    return Reasoned(ModelChoice(family.id, EMBEDDED), why, sources.MEASURED_CPU)


def _name(size: Size) -> str:
    return EMBEDDED if size.embedded else size.hub_id


def _family(catalog: Catalog, name: str) -> Family:
    family = catalog.families.get(name)
    if family is None or not family.sizes:
        message = Text(f"the family `{name}` does not exist", f"没有模型系列 `{name}`")
        raise CatalogError(message, where="families")
    return family


def _largest(
    family: Family, sizes: list[Size], hardware: Hardware, memory: float
) -> Reasoned[ModelChoice]:
    number_format = on_accelerator(family, hardware).value
    load = Load(RANK, number_format, 1, LENGTH, True, ANSWER, family.linear_modules)
    fitting = [size for size in sizes if peak_gb(size, load) <= memory * COMFORT]
    size = fitting[-1] if fitting else sizes[0]
    needed, has = figure(peak_gb(size, load)), figure(memory)
    why = Text(
        f"LoRA in {number_format} needs up to {needed} of {has} GB, "
        "which leaves room for longer rows",
        f"{number_format} 下 LoRA 最多占 {has} GB 中的 {needed} GB，为更长的输入留有余量",
    )
    if not fitting:
        why = Text(
            f"the smallest of the family: LoRA in {number_format} needs up to {needed} of {has} GB",
            f"该系列最小的模型：{number_format} 下 LoRA 最多占 {has} GB 中的 {needed} GB",
        )
    comfort = sources.rule(
        "three quarters of the memory is comfortable", f"占{memory_zh(hardware)}四分之三以内较宽裕"
    )
    choice = ModelChoice(family.id, _name(size))
    return Reasoned(choice, why, sources.joined(size.source, comfort))
