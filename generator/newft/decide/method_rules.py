"""Which training methods work with a model and a device, and which of their values exclude others.

A project says the same of values that are edited in its run.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from newft.decide.exports import llama_factory
from newft.decide.inputs import Choices, Inputs
from newft.decide.methods.adapter_size import get_experts
from newft.decide.model.model_size import find_unpacked_copy
from newft.errors import IncompatibleError
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Reasoned
from newft.text import Text

# the order in which another method is suggested: the cheapest that changes the least comes first
SUGGESTED_METHODS = ("lora", "qlora", "freeze", "full", "prefix")


def check_method(inputs: Inputs, suggest: Callable[[Inputs], Text | None] | None = None) -> None:
    """Refuse a method that does not work with this model or device; the hint names one that does.

    `suggest` knows what fits into memory. Whether bitsandbytes works on a device that the catalogue
    is not sure of, the project tries.
    """
    reason = next(find_obstacles(inputs), None)
    if reason is None:
        return
    title = inputs.method.title
    raise IncompatibleError(
        Text(f"{title.en} does not work here: {reason.en}", f"此处不能用{title.zh}：{reason.zh}"),
        where="method",
        hint=lambda: (suggest(inputs) if suggest else None) or _suggest_method(inputs),
    )


def is_uncertain(inputs: Choices) -> bool:
    """Return whether nobody knows that the method works on this device, which a project tries."""
    return inputs.method.id == "qlora" and inputs.hardware.accelerator.int4 is None


def check_values(inputs: Inputs, values: Mapping[str, Reasoned[MethodValue]]) -> None:
    """Refuse values of a method that exclude each other; the hint says which to change."""
    chosen = {name: one.value for name, one in values.items()}
    faults = (
        *_find_unknown_experts(inputs, chosen),
        *_find_excluded(chosen),
        *_find_missing_blocks(inputs, chosen),
    )
    if faults:
        name, message, hint = faults[0]
        raise IncompatibleError(message, where=f"recipe.{name}", hint=hint)


def find_obstacles(inputs: Choices) -> Iterator[Text]:
    """Yield what keeps the method from working."""
    title = inputs.family.title
    if inputs.family.successor is not None and inputs.method.id not in llama_factory.METHODS:
        yield Text(
            f"LLaMA-Factory, which trains {title}, does not have the method {inputs.method.id}",
            f"{title} 由 LLaMA-Factory 训练，而它没有 {inputs.method.id} 这种微调方法",
        )
    match inputs.method.id:
        case "qlora":
            yield from _find_obstacles_to_qlora(inputs)
        case "prefix" if inputs.size is not None:
            yield from _find_obstacles_to_prefix(inputs.size, title)


def _find_obstacles_to_qlora(inputs: Choices) -> Iterator[Text]:
    card, family, size = inputs.hardware.accelerator, inputs.family, inputs.size
    if card.int4 is False:
        yield Text(
            f"bitsandbytes has no 4-bit kernels for {card.title}",
            f"bitsandbytes 没有 {card.title} 的 4 位内核",
        )
    if family.expert_parameters or (size is not None and size.experts):
        yield Text(
            f"the experts of {family.title} are 3-D weights, which bitsandbytes leaves in 16 bit, "
            "so that nearly nothing would be saved",
            f"{family.title} 的专家是三维权重，bitsandbytes 会将其保持为 16 位，几乎省不下显存",
        )
    elif size is not None and size.quantization:
        yield _explain_packed_weights(size, family)


def _explain_packed_weights(size: ModelSpec, family: Family) -> Text:
    """Say that packed weights are not packed again, and which model has the same in 16 bit.

    transformers takes one quantisation for a model, and that of config.json comes first.
    """
    packed = str(size.quantization).upper()
    copy = find_unpacked_copy(size, family)
    en, zh = (f"`{copy}`", f" `{copy}`") if copy else ("the model", "该模型的 16 位版本")
    return Text(
        f"the weights of `{size.hub_id}` are {packed}, which bitsandbytes does not turn into 4 "
        f"bit; take {en}{'' if copy else ' in 16 bit'}",
        f"`{size.hub_id}` 的权重为 {packed}，bitsandbytes 无法再转为 4 位；请改用{zh}",
    )


def _find_obstacles_to_prefix(size: ModelSpec, title: str) -> Iterator[Text]:
    if size.linear_attention:
        yield Text(
            f"layers of {title} with linear attention keep no keys and values, of which a prefix "
            "consists",
            f"{title} 的线性注意力层不保存键和值，而前缀正是由键和值组成的",
        )
    if size.mixed_layers:
        yield Text(
            f"layers of {title} keep keys of different widths, and peft leaves the prefix out of "
            "some of them: answers would not be those that were trained",
            f"{title} 各层的键宽度不同，peft 会在部分层略去前缀，生成结果与训练不一致",
        )
    if size.latent_attention:
        yield Text(
            f"keys and values of {title} have different widths, for which peft makes no prefix",
            f"{title} 的键与值宽度不同，peft 无法为其生成前缀",
        )


def _suggest_method(inputs: Inputs) -> Text:
    """Name the first other method that works with this model on this device."""
    known = inputs.catalog.methods if inputs.catalog else {}
    methods = (known[name] for name in SUGGESTED_METHODS if name in known)
    for one in sorted((replace(inputs, method=each) for each in methods), key=is_uncertain):
        if next(find_obstacles(one), None) is None:
            return _name_method(one.method)
    return Text("choose another model: `newft show families`", "换一个模型：`newft show families`")


def _name_method(method: TrainingMethod) -> Text:
    return Text(
        f"use --method {method.id} ({method.title.en})",
        f"改用 --method {method.id}（{method.title.zh}）",
    )


def _find_unknown_experts(
    inputs: Inputs, values: Mapping[str, MethodValue]
) -> Iterator[tuple[str, Text, Text]]:
    """Yield experts that the family does not have."""
    known = inputs.family.expert_parameters
    for name in get_experts(values):
        if name not in known:
            yield (
                "target_parameters",
                Text(
                    f"{inputs.family.title} has no expert weights `{name}`",
                    f"{inputs.family.title} 没有名为 `{name}` 的专家权重",
                ),
                Text(f"known: {', '.join(known)}", f"可选：{'、'.join(known)}")
                if known
                else Text("leave it out", "请去掉此项"),
            )


def _find_missing_blocks(
    inputs: Inputs, values: Mapping[str, MethodValue]
) -> Iterator[tuple[str, Text, Text]]:
    """Yield a number of trained blocks that the model does not have."""
    wanted, size = values.get("trained_blocks"), inputs.size
    if isinstance(wanted, int) and size is not None and wanted > size.layers:
        yield (
            "trained_blocks",
            Text(
                f"is {wanted}, but `{inputs.name}` has {size.layers} blocks",
                f"是 {wanted}，而 `{inputs.name}` 只有 {size.layers} 层",
            ),
            Text(f"give at most {size.layers}", f"最多写 {size.layers}"),
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
