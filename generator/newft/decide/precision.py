"""Choose the number format of weights and matrix products."""

from __future__ import annotations

from newft.decide import citations
from newft.decide.inputs import Inputs
from newft.errors import IncompatibleError
from newft.schema.family import Family
from newft.schema.hardware import Hardware
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text

AUTO = "auto"  # the project times the candidates and takes the fastest


def choose_precision(inputs: Inputs, *, fits_in_fp32: bool = True) -> Reasoned[str]:
    """Choose the cheapest precision that hardware and family support; a CPU times it later."""
    if not inputs.times_steps:
        return choose_accelerator_precision(inputs.family, inputs.hardware)
    machine = inputs.facts.machine if inputs.trains_here else None
    if not fits_in_fp32 and machine is not None and machine.bf16:
        why = Text(
            "the model does not fit in fp32, and this processor has bf16 instructions",
            "fp32 下模型放不进内存，而本机处理器有 bf16 指令",
        )
        return Reasoned("bf16", why, citations.MEASURED_BF16)
    why = Text(
        "`make train` times a few steps in fp32, and in bf16 if the processor multiplies matrices "
        "faster in bf16, and takes the faster one",
        "`make train` 先用 fp32 试跑几步，若处理器的 bf16 矩阵乘更快，再试 bf16，取较快的一种",
    )
    return Reasoned(AUTO, why, citations.MEASURED_BF16)


def check_given_precision(precision: str, inputs: Inputs) -> None:
    """Refuse a precision that the hardware lacks, or that is not safe for the family."""
    card, family = inputs.hardware.accelerator, inputs.family
    fault: Text | None = None
    if precision == "bf16" and card.bf16 is False:
        fault = Text(f"{card.title} does not support bf16", f"{card.title} 不支持 bf16")
    elif precision == "fp16" and card.fp16 is False:
        fault = Text(f"{card.title} cannot train in fp16", f"{card.title} 不能用 fp16 训练")
    elif precision == "fp16" and card.kind not in ("cuda", "npu"):
        fault = Text(
            f"fp16 needs loss scaling, which {card.title} does not have",
            f"fp16 需要损失缩放，而 {card.title} 不支持",
        )
    elif precision == "fp16" and not family.fp16_safe.value:
        why = family.fp16_safe.why
        fault = Text(
            f"{family.title} is not trained in fp16: {why.en}",
            f"{family.title} 不用 fp16 训练：{why.zh}",
        )
    if fault is None:
        return
    instead = choose_precision(inputs).value
    hint = Text(
        f"use {instead}, or leave `recipe.precision` out",
        f"请用 {instead}，或去掉 `recipe.precision`",
    )
    raise IncompatibleError(fault, where="recipe.precision", hint=hint)


def get_heaviest_precision(precision: str) -> str:
    """Return the precision with the most bytes per weight, for which memory is planned."""
    return "fp32" if precision == AUTO else precision


def choose_accelerator_precision(family: Family, hardware: Hardware) -> Reasoned[str]:
    """Choose bf16 if the card supports it, fp16 if the family is safe in it, else fp32."""
    card = hardware.accelerator
    if card.bf16:
        why = Text(
            f"{card.title} supports bf16, which has the range of fp32",
            f"{card.title} 支持 bf16，数值范围与 fp32 相同",
        )
        return Reasoned("bf16", why, as_citation(card.source))
    if card.bf16 is None and card.kind == "cuda":
        why = Text(
            "assumed: CUDA cards since 2020 (Ampere) support bf16; name the card if it is older",
            "假定：2020 年（Ampere）以来的 CUDA 显卡都支持 bf16；更早的请写明型号",
        )
        return Reasoned("bf16", why, citations.CUDA_GUIDE)
    # fp16 needs a GradScaler, or small gradients underflow; it exists for CUDA and NPU only
    if card.fp16 and card.kind in ("cuda", "npu") and family.fp16_safe.value:
        why = Text(
            f"{card.title} does not support bf16, and {family.title} can be trained in fp16",
            f"{card.title} 不支持 bf16，而 {family.title} 可用 fp16 训练",
        )
        return Reasoned("fp16", why, citations.join_citations(card.source, family.fp16_safe.source))
    return _choose_fp32(family, hardware)


def _choose_fp32(family: Family, hardware: Hardware) -> Reasoned[str]:
    card = hardware.accelerator
    if not family.fp16_safe.value and card.fp16:
        why = Text(
            f"{card.title} does not support bf16, and {family.title} is not trained in fp16: "
            f"{family.fp16_safe.why.en}",
            f"{card.title} 不支持 bf16，而 {family.title} 不用 fp16 训练："
            f"{family.fp16_safe.why.zh}",
        )
        return Reasoned("fp32", why, citations.join_citations(card.source, family.fp16_safe.source))
    why = Text(
        f"it is not known which 16-bit format {card.title} can train in; fp32 always works",
        f"不确定 {card.title} 能用哪种 16 位格式训练，fp32 总能用",
    )
    return Reasoned("fp32", why, as_citation(card.source))
