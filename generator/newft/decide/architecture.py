"""Check that the model in a folder belongs to the chosen family."""

from __future__ import annotations

from newft.errors import IncompatibleError
from newft.schema.catalog import Catalog
from newft.schema.dataset import ModelFacts
from newft.schema.family import Family
from newft.text import Text


def check_architecture(model: ModelFacts | None, family: Family, catalog: Catalog) -> None:
    """Raise `IncompatibleError` if the model in the folder belongs to another family."""
    found = _describe_architecture(model) if model else None
    if model is None or found is None or _is_compatible(model, family, catalog):
        return
    others = [one.id for one in catalog.families.values() if _is_compatible(model, one, catalog)]
    ways = [f"--family {other}" for other in others]
    wanted = ", ".join(family.architectures)
    raise IncompatibleError(
        Text(
            f"config.json in this folder declares {found}, but {family.title} needs {wanted}",
            f"该文件夹的 config.json 声明的是 {found}，而 {family.title} 要求 {wanted}",
        ),
        where="model, family",
        hint=Text(
            " or ".join(ways) or "choose a model of a supported family: `newft show families`",
            " 或 ".join(ways) or "请选用支持的模型系列：`newft show families`",
        ),
    )


def _describe_architecture(model: ModelFacts) -> str | None:
    """Return the architecture and vocabulary size that config.json declares, if any."""
    name = ", ".join(model.architectures) or model.model_type
    if name and model.vocabulary:
        return f"{name} ({model.vocabulary:,} tokens)"
    return name


def _is_compatible(model: ModelFacts, family: Family, catalog: Catalog) -> bool:
    """Return True if the model may belong to the family.

    Families that share an architecture differ in the size of the vocabulary. A size that no family
    has means that the vocabulary was modified, so only the architecture is compared.
    """
    if model.architectures:
        same = any(name in family.architectures for name in model.architectures)
    else:
        kind = (model.model_type or "").replace("_", "")
        names = (name.removesuffix("ForCausalLM").lower() for name in family.architectures)
        same = not kind or kind in names
    known = {size.vocabulary for one in catalog.families.values() for size in one.sizes}
    own = {size.vocabulary for size in family.sizes}
    return same and (model.vocabulary not in known or model.vocabulary in own)
