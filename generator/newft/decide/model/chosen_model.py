"""The family and the dimensions of the model that the answers name."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from newft.answers.unknown_names import make_unknown_name_error
from newft.decide.model.architecture import check_architecture, refuse_contradictory_class
from newft.decide.model.generic_family import make_generic_family
from newft.decide.model.model_files import check_model_files
from newft.decide.model.model_size import make_model_spec
from newft.errors import IncompatibleError
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.family import (
    EMBEDDED,
    GENERIC_FAMILY,
    Family,
    ModelSpec,
    is_local_path,
)
from newft.schema.model_facts import ModelFacts
from newft.schema.plan import ModelSource
from newft.text import Text


class ChosenModel(NamedTuple):
    """A family, and the dimensions of one of its models, if they are known."""

    family: Family
    size: ModelSpec | None


def choose_model(answers: Answers, model: ModelFacts | None, catalog: Catalog) -> ChosenModel:
    """Return family and dimensions, once the model's own files are sure to belong to them."""
    if model is not None:
        refuse_contradictory_class(model, catalog)
    family = _find_family(answers.family, model, catalog)
    if (listed := _find_listed_spec(answers, family)) is not None:
        return ChosenModel(family, listed)
    if model is None:
        return ChosenModel(family, None)
    if family.id != GENERIC_FAMILY:
        check_architecture(model, family, catalog)
    spec = make_model_spec(answers.model, model, family)
    check_model_files(model, family, spec)
    if family.id == GENERIC_FAMILY:
        family = replace(family, sizes=(spec,) if spec else ())
    return ChosenModel(family, spec)


def detect_model_source(answers: Answers) -> ModelSource:
    """Detect where the weights come from by the form of the answer; no disk access."""
    if answers.model == EMBEDDED:
        return EMBEDDED
    return "folder" if is_local_path(answers.model) else answers.hub


def _find_family(name: str, model: ModelFacts | None, catalog: Catalog) -> Family:
    if name == GENERIC_FAMILY:
        return make_generic_family(model, catalog)
    if name in catalog.families:
        return catalog.families[name]
    raise make_unknown_name_error(name, [*catalog.families, GENERIC_FAMILY], where="family")


def _find_listed_spec(answers: Answers, family: Family) -> ModelSpec | None:
    source = detect_model_source(answers)
    if source == EMBEDDED:
        size = next((size for size in family.sizes if size.embedded), None)
        if size is None:
            names = [f"`{one.hub_id}`" for one in family.sizes]
            raise IncompatibleError(
                Text(f"{family.title} has no embedded model", f"{family.title} 没有内置模型"),
                where="model",
                hint=Text(
                    f"choose one of {', '.join(names)}, or the family of the embedded model",
                    f"请选择 {'、'.join(names)} 之一，或改用内置模型所属的系列",
                ),
            )
        return size
    if source == "folder":
        return None
    return next(
        (size for size in family.sizes if answers.model in (size.hub_id, size.modelscope_id)), None
    )
