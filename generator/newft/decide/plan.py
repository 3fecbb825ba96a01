"""The plan: everything that the templates may read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from newft.decide import warnings
from newft.decide.architecture import check_architecture
from newft.decide.case import Case, prompts_of
from newft.decide.estimate import estimate
from newft.decide.naming import package_name, valid_name
from newft.decide.recipe import recipe_of
from newft.decide.requirements import requirements, without_dependencies
from newft.decide.settings import settings_of
from newft.entries import EMBEDDED, LORA, Catalog, Family, Hardware, Size
from newft.errors import IncompatibleError
from newft.given import unknown
from newft.model import Answers, Facts, ModelPlan, Plan, Source
from newft.text import Text

T = TypeVar("T")


def make_plan(answers: Answers, facts: Facts, catalog: Catalog, hardware: Hardware) -> Plan:
    """The plan for these answers; every choice is checked against the others."""
    kit = _known(catalog.kits, answers.domain, "domain")
    task = _known(kit.tasks, answers.task, "task")
    family = _known(catalog.families, answers.family, "family")
    _known({LORA: LORA}, answers.method, "method")
    name = valid_name(answers.name)
    size = _size(answers, family)
    check_architecture(facts.model, family, catalog)
    model = _model(answers, family, size)
    case = Case(answers, facts, family, size, hardware, task, catalog)
    recipe = recipe_of(case)
    return Plan(
        name=name,
        package=package_name(name, domain=kit.id),
        language=answers.language,
        title=task.title.to(answers.language),
        kit=kit,
        task_id=answers.task,
        task=task,
        family=_with_own_caveats(family, size),
        hardware=hardware,
        model=model,
        data=facts.data,
        prompts=prompts_of(case),
        settings=settings_of(task, facts.data, answers),
        recipe=recipe,
        estimate=estimate(case, recipe),
        layers=(
            f"method/{answers.method}",
            f"source/{model.source}",
            f"language/{answers.language}",
        ),
        requirements=requirements(
            family,
            model.source,
            facts.data,
            embedded=model.embedded,
            accelerator=hardware.accelerator,
        ),
        requirements_no_deps=without_dependencies(model.embedded),
        warnings=warnings.of(case, recipe),
    )


def model_source(answers: Answers) -> Source:
    """Where the weights come from, told by the look of the answer: no disk is read here."""
    if answers.model == EMBEDDED:
        return EMBEDDED
    return "folder" if is_folder(answers.model) else answers.hub


def is_folder(model: str) -> bool:
    """Whether a model is named as a place on disk."""
    return bool(re.match(r"[/~\\]|\.{1,2}(/|\\|$)|[A-Za-z]:", model)) or "\\" in model


def _size(answers: Answers, family: Family) -> Size | None:
    source = model_source(answers)
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


def _model(answers: Answers, family: Family, size: Size | None) -> ModelPlan:
    source = model_source(answers)
    identity = answers.model
    if size and source == "modelscope":
        identity = size.modelscope_id or size.hub_id
    elif size:
        identity = size.hub_id
    return ModelPlan(
        source=source,
        id=identity,
        revision=answers.revision if source in ("huggingface", "modelscope") else None,
        architecture=family.architectures[0] if len(family.architectures) == 1 else None,
        parameters=size.parameters if size else None,
        license=size.license if size else None,
        end_of_turn=family.chat.end_of_turn,
        pad=family.chat.pad,
        template_arguments=_template_arguments(family, size),
        embedded=size.embedded if size and source == EMBEDDED else None,
    )


def _with_own_caveats(family: Family, size: Size | None) -> Family:
    """The family, with the caveats of this size where it has some of its own."""
    if size is None or size.caveats is None:
        return family
    return replace(family, caveats=size.caveats)


def _template_arguments(family: Family, size: Size | None) -> Mapping[str, str | bool]:
    if size is not None and size.template_arguments is not None:
        return size.template_arguments
    return family.chat.template_arguments


def _known(things: Mapping[str, T], key: str, what: str) -> T:
    if key in things:
        return things[key]
    raise unknown(key, things, where=what)
