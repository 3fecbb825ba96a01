"""Make the plan: everything that templates may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from newft.answers.conditions import flatten_answers
from newft.answers.unknown_names import make_unknown_name_error
from newft.decide import plan_warnings
from newft.decide.advice.advice_warnings import warn_of_advice
from newft.decide.advice.advise import make_advice
from newft.decide.advice.factor_values import collect_factor_values
from newft.decide.advice_answers import check_advice_answers
from newft.decide.charts import make_charts
from newft.decide.estimate.run_estimate import estimate_run
from newft.decide.estimate.token_estimates import select_prompts
from newft.decide.exports.export_inputs import ExportInputs
from newft.decide.exports.registry import choose_tools, export_recipes
from newft.decide.inputs import Inputs
from newft.decide.kit.kit_layers import choose_overlays
from newft.decide.kit.kit_rules import check_license, check_locks, check_policy
from newft.decide.kit.project_policy import make_project_policy
from newft.decide.model.chosen_model import choose_model, detect_model_source
from newft.decide.project_name import derive_package_name, validate_name
from newft.decide.recipe import build_recipe
from newft.decide.requirements import (
    list_no_deps_requirements,
    list_requirements,
    list_tested_versions,
)
from newft.decide.roi.roi import estimate_roi
from newft.decide.rollout.effort import sum_effort
from newft.decide.rollout.rollout import plan_rollout
from newft.decide.shared_volume import share_volume
from newft.decide.task_settings import build_task_settings
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.dataset import Facts
from newft.schema.family import EMBEDDED, Caveat, Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.model_facts import ModelFacts
from newft.schema.plan import ModelPlan, Plan, ProjectPolicy, Recipe
from newft.schema.roi import Roi
from newft.schema.starter_kit import StarterKit
from newft.text import Text

T = TypeVar("T")


def make_plan(answers: Answers, facts: Facts, catalog: Catalog, hardware: Hardware) -> Plan:
    """Make the plan for these answers and check each choice against the others."""
    check_advice_answers(answers, catalog)
    answers = share_volume(answers, catalog.figures)
    kit = _get_known(catalog.kits, answers.domain, "domain")
    task = _get_known(kit.tasks, answers.task, "task")
    method = _get_known(catalog.methods, answers.method, "method")
    name = validate_name(answers.name)
    family, size = choose_model(answers, facts.model, catalog)
    model = _plan_model(answers, family, size, facts.model, catalog)
    if catalog.starter_kit:
        _check_kit(answers, model, catalog.starter_kit)
    policy = make_project_policy(answers, catalog, model)
    inputs = Inputs(answers, facts, family, size, hardware, task, method, catalog)
    recipe = build_recipe(inputs)
    estimate = estimate_run(inputs, recipe)
    rollout = plan_rollout(kit, answers.task, facts.data, catalog.rollout)
    effort = sum_effort(rollout.phases)
    advice = make_advice(collect_factor_values(inputs, catalog.advice), catalog.advice)
    roi = estimate_roi(
        inputs,
        estimate,
        effort,
        catalog.figures,
        kit.benefit,
        own_machines=advice.own_machines,
    )
    tools = choose_tools(answers.exports, answers.method, family, on_cpu=inputs.on_cpu)
    requirements = list_requirements(model, family, method, facts.data, hardware.accelerator)
    return Plan(
        name=name,
        package=derive_package_name(name, domain=kit.id),
        language=answers.language,
        title=task.title.to(answers.language),
        kit=kit,
        task_id=answers.task,
        task=task,
        family=_apply_caveats(family, size, answers.method),
        method=method,
        hardware=hardware,
        model=model,
        data=facts.data,
        prompts=select_prompts(inputs),
        settings=build_task_settings(task, facts.data, answers),
        recipe=recipe,
        estimate=estimate,
        layers=_choose_layers(inputs, model, recipe, policy, tools, roi),
        requirements=requirements,
        requirements_no_deps=list_no_deps_requirements(model.embedded),
        warnings=(*plan_warnings.collect_warnings(inputs, recipe), *warn_of_advice(advice)),
        policy=policy,
        overlays=choose_overlays(answers, catalog),
        exports=export_recipes(
            tools, ExportInputs(model, family, size, answers.method, recipe, hardware)
        ),
        tested_versions=list_tested_versions(requirements),
        advice=advice,
        roi=roi,
        rollout=rollout,
        charts=make_charts(advice, roi),
    )


def _check_kit(answers: Answers, model: ModelPlan, kit: StarterKit) -> None:
    """Check the answers against the locks and the policy of the kit."""
    given = flatten_answers(answers)
    if model.source not in ("huggingface", "modelscope"):
        given = {key: value for key, value in given.items() if key not in ("hub", "revision")}
    check_locks(given, kit)
    check_policy(given, kit)
    check_license(model.license, kit)


def _choose_layers(
    inputs: Inputs,
    model: ModelPlan,
    recipe: Recipe,
    policy: ProjectPolicy | None,
    tools: tuple[str, ...],
    roi: Roi,
) -> tuple[str, ...]:
    """The layers of a project above the base and below the domain."""
    answers, language = inputs.answers, f"language/{inputs.answers.language}"
    own = tuple(_list_training_layers(inputs, model, recipe))
    return (
        *(own if model.trained_here else ["training/elsewhere"]),
        *(f"exports/{name}" for name in tools),
        *([] if answers.ci == "none" else [f"ci/{answers.ci}"]),
        *([] if policy is None else ["policy/kit"]),
        *(["charts/cash_flow", "charts/sensitivity"] if roi.outcomes else []),
        language,
        *([] if model.trained_here else [f"{language}_elsewhere"]),
    )


def _list_training_layers(inputs: Inputs, model: ModelPlan, recipe: Recipe) -> Iterator[str]:
    """Yield the layers of a project that trains its model itself."""
    kind = inputs.hardware.accelerator.kind
    yield "training/project"
    yield from (f"method/{name}" for name in inputs.method.layers or (inputs.answers.method,))
    if "target_parameters" in recipe.method:
        yield "method/lora_experts"
    yield from ["device/cpu"] if inputs.on_cpu else ["device/accelerator", f"device/{kind}"]
    yield "batches/packed" if recipe.max_packed_tokens.value else "batches/padded"
    if model.source in ("huggingface", "modelscope"):
        yield "source/hub"
    yield f"source/{model.source}"
    if _may_hold_packed_weights(inputs):
        yield "model/packed"


def _may_hold_packed_weights(inputs: Inputs) -> bool:
    """Tell whether the files of the model keep its weights in fewer bits; so may unknown files."""
    known = inputs.size or inputs.facts.model
    return known is None or known.quantization is not None


def _plan_model(
    answers: Answers,
    family: Family,
    size: ModelSpec | None,
    own: ModelFacts | None,
    catalog: Catalog,
) -> ModelPlan:
    source = detect_model_source(answers)
    identity = answers.model
    if size and source == "modelscope":
        identity = size.modelscope_id or size.hub_id
    elif size:
        identity = size.hub_id
    return ModelPlan(
        source=source,
        id=identity,
        revision=answers.revision if source in ("huggingface", "modelscope") else None,
        architecture=_name_architecture(family, size, own),
        parameters=size.parameters if size and _is_count_exact(own) else None,
        license=size.license if size else None,
        end_of_turn=family.chat.end_of_turn,
        pad=family.chat.pad,
        template_arguments=_get_template_arguments(family, size),
        stop_tokens=_select_stop_tokens(family, own),
        system_turn=family.chat.system_turn,
        embedded=size.embedded if size and source == EMBEDDED else None,
        successor=_find_successor(family, size, catalog),
    )


def _find_successor(family: Family, size: ModelSpec | None, catalog: Catalog) -> str | None:
    """Return the nearest model of the family that replaces one that a project cannot train."""
    if family.successor is None:
        return None
    others = catalog.families[family.successor.value].sizes
    wanted = (size or family.sizes[0]).parameters
    return min(others, key=lambda one: abs(one.parameters - wanted)).hub_id


def _select_stop_tokens(family: Family, own: ModelFacts | None) -> tuple[str, ...]:
    """Return the further tokens that stop generation, of which a tokenizer of its own may lack."""
    known = own.chat.added_tokens if own and own.chat else ()
    return tuple(token for token in family.chat.stop_tokens if not known or token in known)


def _name_architecture(
    family: Family, size: ModelSpec | None, own: ModelFacts | None
) -> str | None:
    """Name the class that a project loads, if only one is possible."""
    if family.loaded_as:
        return family.loaded_as
    if size and size.architecture:
        return size.architecture
    names = own.architectures if own and own.architectures else family.architectures
    return names[0] if len(names) == 1 and not (own and own.has_vision) else None


def _is_count_exact(own: ModelFacts | None) -> bool:
    """Tell whether a project may compare the number of parameters with what it loads.

    It loads the language model alone, and dimensions tell no more than the largest part of a count.
    """
    return own is None or bool(own.weights and own.weights.parameters and not own.has_vision)


def _apply_caveats(family: Family, size: ModelSpec | None, method: str) -> Family:
    """Return the family with the caveats of this model that matter to the training method."""
    caveats = family.caveats
    if size is not None:
        general = caveats if size.caveats is None else size.caveats
        seen = _note_other_parts(size, size.vision_parameters) if size.vision_parameters else ()
        gated = _note_gate(size) if size.gated else ()
        caveats = (*general, *seen, *size.further_caveats, *gated)
    told = tuple(one for one in caveats if not one.methods or method in one.methods)
    return replace(family, caveats=told)


def _note_other_parts(size: ModelSpec, parameters: int) -> tuple[Caveat, ...]:
    """Say what becomes of the parts of a model that see or hear."""
    why = Text(
        "the project trains the language model only; the other parts stay frozen, but their "
        f"{parameters / 1e6:,.0f} million weights take memory",
        f"本项目只训练语言模型；其余部分保持冻结，但其 {parameters / 1e8:.1f} 亿参数仍会一并载入",
    )
    return (Caveat(Text("the model takes more than text", "模型不只接受文本"), why, size.source),)


def _note_gate(size: ModelSpec) -> tuple[Caveat, ...]:
    """Say what the hub asks for before it gives the weights of a model."""
    why = Text(
        "Hugging Face requires accepting the licence and an access token; ModelScope and local "
        "folders do not",
        "在 Hugging Face 上须先接受许可协议并提供访问令牌；ModelScope 和本地文件夹不需要",
    )
    title = Text("the weights are gated", "权重需申请才能下载")
    return (Caveat(title, why, f"https://huggingface.co/{size.hub_id}"),)


def _get_template_arguments(family: Family, size: ModelSpec | None) -> Mapping[str, str | bool]:
    if size is not None and size.template_arguments is not None:
        return size.template_arguments
    return family.chat.template_arguments


def _get_known(things: Mapping[str, T], key: str, what: str) -> T:
    if key in things:
        return things[key]
    raise make_unknown_name_error(key, things, where=what)
