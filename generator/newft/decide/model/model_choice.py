"""Choose the default model for the hardware and the language of the data."""

from __future__ import annotations

from typing import NamedTuple

from newft.decide import citations
from newft.decide.estimate.memory_fit import estimate_peak_gb
from newft.decide.inputs import name_memory_zh
from newft.decide.model.model_fits import make_reference_step
from newft.decide.precision import choose_accelerator_precision
from newft.errors import CatalogError
from newft.schema.catalog import Catalog
from newft.schema.family import EMBEDDED, Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import DEFAULT_METHOD, TrainingMethod
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Language, Text

DEFAULT_FAMILY = "qwen3"
MEMORY_HEADROOM = 0.75  # share of the memory; the rest allows longer rows and larger batches


class ModelChoice(NamedTuple):
    """The answers to the questions `family` and `model`."""

    family: str
    model: str


def suggest_model(
    hardware: Hardware,
    language: Language,
    catalog: Catalog,
    *,
    family: str | None = None,
    method: str = DEFAULT_METHOD,
) -> Reasoned[ModelChoice]:
    """Suggest a family and a model, or a model of `family` if that is given."""
    if hardware.accelerator.kind == "cpu":
        return _suggest_for_cpu(language, catalog, family=family)
    default = DEFAULT_FAMILY if DEFAULT_FAMILY in catalog.families else min(catalog.families)
    chosen = _get_family(catalog, family or default)
    return _suggest_for_gpu(hardware, chosen, catalog.methods[method])


def _suggest_for_cpu(
    language: Language, catalog: Catalog, *, family: str | None
) -> Reasoned[ModelChoice]:
    families = [_get_family(catalog, family)] if family else [*catalog.families.values()]
    if any(size.embedded for one in families for size in one.sizes):
        return _suggest_embedded(language, catalog)
    smallest, chosen = min(
        ((size, one) for one in families for size in one.sizes), key=lambda pair: pair[0].parameters
    )
    why = Text(
        "the smallest model of the family, since a CPU is slow", "CPU 较慢，取该系列中最小的模型"
    )
    return Reasoned(
        ModelChoice(chosen.id, _get_model_name(smallest)), why, as_citation(smallest.source)
    )


def _suggest_for_gpu(
    hardware: Hardware, family: Family, method: TrainingMethod
) -> Reasoned[ModelChoice]:
    memory = hardware.accelerator.memory_gb
    sizes = sorted(family.sizes, key=lambda size: size.parameters)
    if memory is None:
        why = Text(
            f"the memory of {hardware.accelerator.title} is unknown, so the smallest of the family",
            f"{hardware.accelerator.title} 的{name_memory_zh(hardware)}未知，取该系列最小的模型",
        )
        return Reasoned(
            ModelChoice(family.id, _get_model_name(sizes[0])), why, as_citation(family.sources[0])
        )
    return _suggest_largest(family, sizes, hardware, memory, method)


def _suggest_embedded(language: Language, catalog: Catalog) -> Reasoned[ModelChoice]:
    family = next(
        family
        for family in catalog.families.values()
        if any(size.embedded for size in family.sizes)
    )
    why = Text(
        "it can be trained on a CPU in minutes and needs no download from a model hub",
        "CPU 上几分钟就能训练完，无需下载模型",
    )
    if language not in family.languages:
        why = Text(
            f"{why.en}; its Chinese is poor"
            if language == "zh"
            else f"{why.en}; its English is poor",
            f"{why.zh}，但中文能力很弱" if language == "zh" else f"{why.zh}，但英文能力很弱",
        )
    return Reasoned(ModelChoice(family.id, EMBEDDED), why, citations.MEASURED_CPU)


def _get_model_name(size: ModelSpec) -> str:
    return EMBEDDED if size.embedded else size.hub_id


def _get_family(catalog: Catalog, name: str) -> Family:
    family = catalog.families.get(name)
    if family is None or not family.sizes:
        message = Text(f"the family `{name}` does not exist", f"没有模型系列 `{name}`")
        raise CatalogError(message, where="families")
    return family


def _suggest_largest(
    family: Family,
    sizes: list[ModelSpec],
    hardware: Hardware,
    memory: float,
    method: TrainingMethod,
) -> Reasoned[ModelChoice]:
    number_format = choose_accelerator_precision(family, hardware).value
    load = make_reference_step(method, family, number_format)
    fitting = [size for size in sizes if estimate_peak_gb(size, load) <= memory * MEMORY_HEADROOM]
    size = fitting[-1] if fitting else sizes[0]
    why = Text("the largest that fits with room to spare", "能宽裕放下的最大模型")
    if not fitting:
        why = Text("the smallest of the family", "该系列最小的模型")
    headroom = citations.cite_own_rule(
        "a quarter of the memory is kept free for longer rows and larger batches",
        f"留出四分之一的{name_memory_zh(hardware)}，供更长的输入和更大的批次使用",
    )
    choice = ModelChoice(family.id, _get_model_name(size))
    return Reasoned(choice, why, citations.join_citations(size.source, headroom))
