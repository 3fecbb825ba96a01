"""Choices and defaults of the questions about hardware, model, hub and family."""

from __future__ import annotations

from newft.answers.keys import AUTO_GPU, RawAnswers, normalize_gpu
from newft.catalog.lookup import find_family
from newft.errors import UsageError
from newft.schema.family import EMBEDDED, ModelSpec, is_hub_model
from newft.schema.hardware import Accelerator, MachineFacts
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
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
    model = str(state.answers.get("model", EMBEDDED))
    return state.interface_language == "zh" and is_hub_model(model)


def list_families(state: WizardState) -> tuple[Choice, ...]:
    """List the families that the answers leave open."""
    return tuple(
        Choice(family.id, Text(family.title, family.title)) for family in list_open_families(state)
    )


def get_default_family(state: WizardState) -> Reasoned[str]:
    """Return the family that lists the model, or raise an error that names the families."""
    model = str(state.answers["model"])
    if family := find_family(model, state.catalog):
        return Reasoned(family, Text("the model's", "由模型决定"), as_citation("families"))
    raise UsageError(
        Text(f"the family of `{model}` is not known", f"无法判断 `{model}` 属于哪个模型系列"),
        where="--model",
        hint=Text(
            f"give --family ID, one of: {', '.join(state.catalog.families)}",
            f"请用 --family ID 指定，可选：{'、'.join(state.catalog.families)}",
        ),
    )
