"""Refuses a model or rows that do not fit, and names choices that do: each was planned first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil

from newft.decide.case import (
    LONGEST,
    MEDIAN,
    Case,
    at_most,
    figure,
    fixed_tokens,
    input_tokens,
)
from newft.decide.estimate import estimate
from newft.decide.fit import DoesNotFit
from newft.decide.precision import heaviest, precision
from newft.entries import Accelerator, Hardware, Size
from newft.errors import IncompatibleError
from newft.model import Recipe, RowPieces
from newft.text import Text
from newft.text_pieces import TextPieces

Resolve = Callable[[Case], Recipe]
LARGEST_CARD_GB = 1024
CHARACTERS_STEP = 50  # a length is advised in round numbers
SHARED = Text("; each of the {} cards holds the whole model", "；{} 张卡每张都要放下整个模型")


def refuse(case: Case, fault: DoesNotFit, resolve: Resolve) -> IncompatibleError:
    """The error for choices that do not fit, with what to choose instead."""
    where, message = ("data", _long_rows(case, fault)) if fault.length else ("gpu", _large(case))
    ways = list(_ways_out(case, fault, resolve))
    hint = Text(
        "; or ".join(way.en for way in ways) or "choose another model: `newft show families`",
        "；或".join(way.zh for way in ways) or "换一个模型：`newft show families`",
    )
    brief = Text(f"{fault.length:,} tokens a row at most", f"每行最多 {fault.length:,} 个 token")
    if fault.needed_gb:
        count = case.hardware.count
        needed = figure(fault.needed_gb)
        brief = Text(f"needs {needed} GB", f"需要 {needed} GB")
        message = Text(
            message.en.format(needed=needed) + (SHARED.en.format(count) if count > 1 else ""),
            message.zh.format(needed=needed) + (SHARED.zh.format(count) if count > 1 else ""),
        )
    return IncompatibleError(message, where=where, hint=hint, brief=brief)


def _large(case: Case) -> Text:
    chosen = precision(case, fits_in_fp32=False)
    number_format = heaviest(chosen.value)
    en, zh = case.memory_label
    message = Text(
        f"LoRA on `{case.name}` in {number_format} needs up to {{needed}} GB, but {en} has less",
        f"`{case.name}` 以 {number_format} 做 LoRA 微调至多需要 {{needed}} GB，超出 {zh}",
    )
    if number_format == "fp32" and not case.on_cpu:
        return Text(f"{message.en} ({chosen.why.en})", f"{message.zh}（{chosen.why.zh}）")
    return message


def _long_rows(case: Case, fault: DoesNotFit) -> Text:
    en, zh = case.memory_label
    usual = input_tokens(case, MEDIAN) + fixed_tokens(case)
    return Text(
        f"with the prompt, half of the rows have about {usual:,} tokens or more, "
        f"but `{case.name}` on {en} fits at most {fault.length:,}",
        f"加上提示词，半数的行达到或超过约 {usual:,} 个 token，"
        f"而 `{case.name}` 在 {zh} 上每行最多放得下 {fault.length:,} 个",
    )


def _ways_out(case: Case, fault: DoesNotFit, resolve: Resolve) -> Iterator[Text]:
    if fault.length:
        yield from _shorter_rows(case, fault.length, resolve)
    models = list(_smaller_model(case, resolve))
    yield from models
    yield from _other_card(case, resolve)
    if not models:
        yield from _other_family(case, resolve)


def _shorter_rows(case: Case, length: int, resolve: Resolve) -> Iterator[Text]:
    """Inputs of which half have at most so many characters."""
    lengths = case.facts.data.lengths
    share = (length - fixed_tokens(case)) / input_tokens(case, LONGEST)
    characters = int(lengths.longest * share) // CHARACTERS_STEP * CHARACTERS_STEP
    if characters <= 0:
        return
    factor = characters / lengths.longest
    rows = tuple(RowPieces(row.share, _scale(row.pieces, factor)) for row in lengths.rows)
    shorter = replace(lengths, longest=characters, rows=rows)
    data = replace(case.facts.data, lengths=shorter)
    if _peak(replace(case, facts=replace(case.facts, data=data)), resolve) is not None:
        yield Text(
            f"shorten the inputs to {characters:,} characters",
            f"把输入缩短到 {characters:,} 个字符",
        )


def _scale(pieces: TextPieces, factor: float) -> TextPieces:
    return TextPieces(**{kind: count * factor for kind, count in vars(pieces).items()})


def _smaller_model(case: Case, resolve: Resolve) -> Iterator[Text]:
    """The largest smaller model of the family that fits."""
    sizes = sorted(case.family.sizes, key=lambda size: -size.parameters)
    for size in sizes:
        if case.size is None or size.parameters < case.size.parameters:
            peak = _peak(replace(case, size=size), resolve)
            if peak is not None:
                yield _model(size, peak)
                return


def _other_card(case: Case, resolve: Resolve) -> Iterator[Text]:
    """The memory that a card needs, and the card with the least memory that has enough."""
    needed = _memory_of_card(case, resolve)
    if needed is None:
        return
    en = f"choose a card with bf16 and {needed} GB or more"
    zh = f"换用支持 bf16、显存不少于 {needed} GB 的卡"
    kind = "cuda" if case.on_cpu else case.hardware.accelerator.kind
    cards = case.catalog.accelerators.values() if case.catalog else ()
    known = [
        (card.memory_gb, card)
        for card in cards
        if card.memory_gb is not None and card.bf16 and card.kind == kind
    ]
    for memory, card in sorted(known, key=lambda one: one[0]):
        peak = _peak(_on(case, card), resolve)
        if peak is not None:
            of = f"{at_most(peak)} of {figure(memory)} GB"
            en += f", such as --gpu 1x{card.id} (up to {of})"
            zh += f"，例如 --gpu 1x{card.id}（{figure(memory)} GB 中至多占 {at_most(peak)} GB）"
            break
    yield Text(en, zh)


def _memory_of_card(case: Case, resolve: Resolve) -> int | None:
    """The least memory in GB of a card with bf16 that holds the run; None where no memory does."""
    low, high = 0, LARGEST_CARD_GB

    def holds(memory: int) -> bool:
        card = Accelerator(
            id="card",
            title="card",
            kind="cuda",
            memory_gb=float(memory),
            bf16=True,
            fp16=True,
            flash_attention=None,
            int4=None,
            peak_tflops=None,
            source="",
        )
        return _peak(_on(case, card), resolve) is not None

    if not holds(high):
        return None
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _other_family(case: Case, resolve: Resolve) -> Iterator[Text]:
    """The largest model of the other families that fits."""
    families = case.catalog.families.values() if case.catalog else ()
    found = []
    for family in families:
        if family.id == case.family.id or case.facts.data.language not in family.languages:
            continue
        for size in family.sizes:
            peak = _peak(replace(case, family=family, size=size), resolve)
            if peak is not None:
                found.append((size.parameters, family.id, size, peak))
    for _, _, size, peak in sorted(found, reverse=True, key=lambda one: one[:2])[:1]:
        yield _model(size, peak)


def _model(size: Size, peak: float) -> Text:
    return Text(
        f"choose `{size.hub_id}` (up to {at_most(peak)} GB)",
        f"选择 `{size.hub_id}`（至多 {at_most(peak)} GB）",
    )


def _on(case: Case, card: Accelerator) -> Case:
    """The same run on one card of another kind, wherever that is."""
    answers = replace(case.answers, gpu=card.id)
    return replace(case, answers=answers, hardware=Hardware(card))


def _peak(case: Case, resolve: Resolve) -> float | None:
    """The most memory that the run takes; None where it does not fit or is not known."""
    try:
        memory = estimate(case, resolve(case)).memory_gb
    except (DoesNotFit, IncompatibleError):
        return None
    return memory[1] if memory else None
