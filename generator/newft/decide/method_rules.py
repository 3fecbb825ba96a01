"""Which training methods work with a model and a device, and which of their values exclude others.

A project says the same of values that are edited in its run.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from newft.decide.inputs import Inputs
from newft.decide.methods.adapter_size import get_experts
from newft.decide.methods.catalog_values import iterate_overrides
from newft.errors import IncompatibleError
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Reasoned
from newft.text import Text

# the order in which another method is suggested: the cheapest that changes the least comes first
SUGGESTED_METHODS = ("lora", "qlora", "freeze", "full", "prefix")


def check_method(inputs: Inputs) -> None:
    """Refuse a method that does not work with this model or device; the hint names one that does."""
    reason = next(_find_obstacles(inputs), None)
    if reason is None:
        return
    title = inputs.method.title
    raise IncompatibleError(
        Text(f"{title.en} does not work here: {reason.en}", f"此处不能用{title.zh}：{reason.zh}"),
        where="method",
        hint=_suggest_method(inputs),
    )


def check_values(inputs: Inputs, values: Mapping[str, Reasoned[MethodValue]]) -> None:
    """Refuse values of a method that exclude each other; the hint says which to change."""
    fault = next(_find_excluded({name: one.value for name, one in values.items()}), None)
    if fault is not None:
        name, message, hint = fault
        raise IncompatibleError(message, where=f"recipe.{name}", hint=hint)


def _find_obstacles(inputs: Inputs) -> Iterator[Text]:
    """Yield what keeps the method from working."""
    size, family = inputs.size, inputs.family
    for overrides in iterate_overrides(inputs):
        if overrides.refused and overrides.refused.value:
            yield Text(
                f"{family.title}: {overrides.refused.why.en}",
                f"{family.title}：{overrides.refused.why.zh}",
            )
    if inputs.method.id == "qlora":
        card = inputs.hardware.accelerator
        if card.int4 is False:
            yield Text(
                f"bitsandbytes has no 4-bit kernels for {card.title}",
                f"bitsandbytes 没有 {card.title} 的 4 位内核",
            )
        if family.expert_parameters or (size is not None and size.experts):
            yield Text(
                f"the experts of {family.title} are 3-D weights, which bitsandbytes leaves in "
                "16 bit, so that nearly nothing would be saved",
                f"{family.title} 的专家是三维权重，bitsandbytes 会将其保持为 16 位，几乎省不下显存",
            )
    if inputs.method.id == "prefix" and size is not None:
        if size.linear_attention:
            yield Text(
                f"layers of {family.title} with linear attention keep no keys and values, which a "
                "prefix consists of",
                f"{family.title} 的线性注意力层不保存键和值，而前缀正是由键和值组成的",
            )
        if size.latent_attention:
            yield Text(
                f"{family.title} keeps keys and values of different widths, for which peft makes "
                "no prefix",
                f"{family.title} 的键与值宽度不同，peft 无法为其生成前缀",
            )


def _suggest_method(inputs: Inputs) -> Text:
    """Name the first other method that works with this model on this device."""
    known = inputs.catalog.methods if inputs.catalog else {}
    for name in SUGGESTED_METHODS:
        method = known.get(name)
        if method and next(_find_obstacles(replace(inputs, method=method)), None) is None:
            return _name_method(method)
    return Text("choose another model: `newft show families`", "换一个模型：`newft show families`")


def _name_method(method: TrainingMethod) -> Text:
    return Text(
        f"use --method {method.id} ({method.title.en})",
        f"改用 --method {method.id}（{method.title.zh}）",
    )


def _find_excluded(values: Mapping[str, MethodValue]) -> Iterator[tuple[str, Text, Text]]:
    """Yield values that cannot be used together: name, what is wrong, what to do."""
    if get_experts(values):
        for name in ("dropout", "dora", "pissa"):
            if values.get(name):
                yield (
                    name,
                    Text(
                        f"{name} cannot be used where target_parameters adapts experts: peft "
                        "supports neither dropout nor DoRA nor PiSSA for 3-D weights",
                        f"target_parameters 训练专家时不能用 {name}："
                        "peft 对三维权重不支持 dropout、DoRA 与 PiSSA",
                    ),
                    Text(
                        f"set recipe.{name} to {'0' if name == 'dropout' else 'false'}, or leave "
                        "recipe.target_parameters empty",
                        f"把 recipe.{name} 设为 {'0' if name == 'dropout' else 'false'}，"
                        "或不写 recipe.target_parameters",
                    ),
                )
    if values.get("dora") and values.get("pissa"):
        yield (
            "pissa",
            Text(
                "pissa and dora exclude each other: a PiSSA adapter is saved as a LoRA adapter of "
                "twice the rank, which has no place for the magnitudes of DoRA",
                "pissa 与 dora 不能同时使用：PiSSA 适配器保存为秩翻倍的 LoRA，"
                "放不下 DoRA 的模长参数",
            ),
            Text("set one of them to false", "把其中之一设为 false"),
        )
