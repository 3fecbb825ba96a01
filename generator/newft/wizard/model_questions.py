"""Choices and defaults of the questions about hardware, model, hub and family."""

from __future__ import annotations

from collections.abc import Sequence

from newft.answers.keys import AUTO_GPU, RawAnswers, normalize_gpu
from newft.catalog.lookup import find_family
from newft.catalog.model_names import find_near_models
from newft.decide.kit.kit_rules import select_allowed
from newft.decide.model.architecture import list_possible_families
from newft.errors import UsageError
from newft.schema.family import EMBEDDED, GENERIC_FAMILY, Family, ModelSpec, is_hub_model
from newft.schema.hardware import Accelerator, MachineFacts
from newft.schema.method import DEFAULT_METHOD
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from newft.wizard.model_entries import format_parameters
from newft.wizard.question import Choice
from newft.wizard.state import WizardState, list_open_families


def list_hardware(state: WizardState) -> tuple[Choice, ...]:
    """List this machine, then the accelerators of the catalogue."""
    here = Choice(AUTO_GPU, _describe_machine(state.machine))
    return (here, *map(_make_accelerator_choice, state.catalog.accelerators.values()))


def _make_accelerator_choice(accelerator: Accelerator) -> Choice:
    memory = accelerator.memory_gb
    add_memory = memory is not None and "GB" not in accelerator.title
    title = f"{accelerator.title}, {memory:g} GB" if add_memory else accelerator.title
    return Choice(accelerator.id, Text(title, title))


def _describe_machine(machine: MachineFacts | None) -> Text:
    if machine is None:
        return Text("this machine", "本机")
    if machine.accelerator == "cpu":
        cores = machine.cores
        return Text(
            f"this machine: CPU, {cores} cores; no NVIDIA GPU found",
            f"本机：CPU，{cores} 核，未找到 NVIDIA GPU",
        )
    found = f"{machine.count} x {machine.accelerator}"
    return Text(f"this machine: {found}", f"本机：{found}")


def get_default_gpu(_: WizardState) -> Reasoned[str]:
    """Return the machine that newft runs on."""
    return Reasoned(AUTO_GPU, Text("train on this machine", "在本机训练"), as_citation("machine"))


def parse_gpu(value: str, _: WizardState) -> RawAnswers:
    """Return the hardware that was named."""
    return {"gpu": normalize_gpu(value)}


def list_models(state: WizardState) -> tuple[Choice, ...]:
    """List the models of the open families, the family of the suggested model first."""
    suggested = state.suggested_model
    first = find_family(suggested.value, state.catalog) if suggested else None
    families = sorted(list_open_families(state), key=lambda family: family.id != first)
    return tuple(_make_model_choice(spec) for family in families for spec in family.sizes)


def _make_model_choice(spec: ModelSpec) -> Choice:
    name, weights = spec.hub_id.rpartition("/")[2], f"{compute_weights_gb(spec):.1f} GB"
    if spec.embedded:
        title = Text(f"{name}: {weights}, no download", f"{name}：{weights}，无需下载")
        return Choice(EMBEDDED, title)
    return Choice(spec.hub_id, Text(f"{name}: {weights} in 16 bit", f"{name}：16 位 {weights}"))


def compute_weights_gb(spec: ModelSpec) -> float:
    """Return the gigabytes of the weights in 16 bit."""
    return spec.parameters * 2 / 1e9


def list_methods(state: WizardState) -> tuple[Choice, ...]:
    """List the training methods that the policy of the kit allows."""
    methods = select_allowed(state.catalog).methods.values()
    return tuple(Choice(one.id, one.title, one.description) for one in methods)


def get_default_method(_: WizardState) -> Reasoned[str]:
    """Return the method that is taken where none is chosen."""
    why = Text("what most adapters are trained with", "最常用的微调方法")
    return Reasoned(DEFAULT_METHOD, why, as_citation("newft"))


def get_default_model(state: WizardState) -> Reasoned[str]:
    """Return the model that suits the hardware."""
    assert state.suggested_model  # hardware and language are answered before
    return state.suggested_model


def parse_model(value: str, state: WizardState) -> RawAnswers:
    """Return the model, and its family where a family lists it."""
    family = find_family(value, state.catalog)
    return {"model": value, "family": family} if family else {"model": value}


def should_ask_hub(state: WizardState) -> bool:
    """Return whether a hub other than Hugging Face may be wanted: China reaches that badly."""
    model = state.answers.get("model")  # one of a hub is likely, as long as none is named
    return state.interface_language == "zh" and (model is None or is_hub_model(str(model)))


def list_families(state: WizardState) -> tuple[Choice, ...]:
    """List the families that the answers leave open, the suggested one first.

    Of a model that no family lists, its own files rule out most, and are an answer themselves.
    """
    if "model" in state.answers:
        return _list_families_of_model(state)
    suggested = state.suggested_model
    first = find_family(suggested.value, state.catalog) if suggested else None
    families = sorted(list_open_families(state), key=lambda family: family.id != first)
    return tuple(map(_make_family_choice, families))


def _list_families_of_model(state: WizardState) -> tuple[Choice, ...]:
    possible = list_open_families(state)
    facts = state.model_facts
    if facts and (found := list_possible_families(facts, state.catalog)):
        possible = [family for family in possible if family.id in {one.id for one in found}]
    elif facts and (facts.architectures or facts.model_type):
        possible = []
    elif is_hub_model(model := str(state.answers["model"])):
        possible = _put_near_first(possible, model, state)
    none = Choice(
        GENERIC_FAMILY,
        Text("none of these: go by the model's own files", "以上都不是：按模型自身的文件来定"),
    )
    return (*map(_make_family_choice, possible), *([none] if facts else []))


def _put_near_first(families: Sequence[Family], model: str, state: WizardState) -> list[Family]:
    """Return the families with those first whose models are named like this one of a hub."""
    count = sum(len(family.sizes) for family in families)
    near = [
        find_family(one, state.catalog)
        for one in find_near_models(model, state.catalog, most=count)
    ]
    place = {name: position for position, name in reversed([*enumerate(near)])}
    return sorted(families, key=lambda family: place.get(family.id, count))


def _make_family_choice(family: Family) -> Choice:
    counts = sorted(size.parameters for size in family.sizes)
    least, most = (format_parameters(counts[place]) for place in (0, -1))
    sizes = least if least == most else f"{least} - {most}"
    note = Text(sizes, sizes)
    if family.successor is not None:
        note = Text(
            f"{sizes}, trained by LLaMA-Factory only", f"{sizes}，只能由 LLaMA-Factory 训练"
        )
    return Choice(family.id, Text(family.title, family.title), note)


def parse_family(value: str, state: WizardState) -> RawAnswers:
    """Return the family, or the model that was typed in place of one."""
    if value in state.catalog.families or value == GENERIC_FAMILY:
        return {"family": value}
    return parse_model(value, state)


def get_default_family(state: WizardState) -> Reasoned[str]:
    """Return the family of the model, or of the suggested one; an error names the families."""
    model = state.answers.get("model")
    if model is None:
        return _get_suggested_family(state)
    if family := find_family(str(model), state.catalog):
        return Reasoned(family, Text("the model's", "由模型决定"), as_citation("families"))
    if facts := state.model_facts:
        found = list_possible_families(facts, state.catalog)
        if not found and (facts.architectures or facts.model_type):
            why = Text("no family of the catalogue", "newft 未收录所属的系列")
            return Reasoned(GENERIC_FAMILY, why, as_citation("config.json"))
        if found:
            raise _make_unknown_family_error(str(model), [family.id for family in found], [])
    near = find_near_models(str(model), state.catalog) if is_hub_model(str(model)) else []
    raise _make_unknown_family_error(str(model), [], near)


def _get_suggested_family(state: WizardState) -> Reasoned[str]:
    suggested = state.suggested_model
    assert suggested  # hardware and language are answered before
    family = find_family(suggested.value, state.catalog)
    assert family
    return Reasoned(family, suggested.why, suggested.source)


def _make_unknown_family_error(
    model: str, families: Sequence[str], near: Sequence[str]
) -> UsageError:
    if families:
        en = f"give --family ID, one of: {', '.join(families)}"
        zh = f"请用 --family ID 指定，可选：{'、'.join(families)}"
    else:
        en = "give --family ID (`newft show families` lists them)"
        zh = "请用 --family ID 指定（`newft show families` 可列出全部）"
    if near:
        en = f"the nearest that newft lists: {', '.join(near)}; for another one, {en}"
        zh = f"newft 收录的相近模型有 {'、'.join(near)}；若用其他模型，{zh}"
    if is_hub_model(model):
        en += (
            "; or fetch its json files, which tell it, and give their folder: "
            f"hf download {model} --include '*.json' --include '*.jinja' --local-dir FOLDER"
        )
        zh += (
            "；也可先取回其 json 文件再用 --model 指定文件夹，由文件判断："
            f"hf download {model} --include '*.json' --include '*.jinja' --local-dir 文件夹"
        )
    message = Text(f"the family of `{model}` is not known", f"无法判断 `{model}` 属于哪个模型系列")
    if is_hub_model(model):  # a folder of this name would have been taken as one
        message = Text(
            f"{message.en}: newft lists no such model, and there is no such folder here",
            f"{message.zh}：newft 未收录该模型，当前位置也没有同名文件夹",
        )
    return UsageError(
        message,
        where="--model",
        hint=Text(en, zh),
    )
