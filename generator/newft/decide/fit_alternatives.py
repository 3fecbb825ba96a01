"""Errors for choices that do not fit into memory, with alternatives that were planned and do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import ceil

from newft.answers.keys import RECIPE_PREFIX
from newft.decide.estimate.memory_fit import DoesNotFitError
from newft.decide.estimate.run_estimate import estimate_run
from newft.decide.estimate.token_estimates import (
    MAXIMUM,
    MEDIAN,
    estimate_input_tokens,
    estimate_overhead_tokens,
)
from newft.decide.inputs import Inputs
from newft.decide.method_rules import is_uncertain
from newft.decide.number_format import format_number, format_upper_bound
from newft.decide.precision import choose_precision, get_heaviest_precision
from newft.errors import IncompatibleError
from newft.schema.dataset import LengthQuantile
from newft.schema.family import ModelSpec
from newft.schema.hardware import Accelerator, Hardware
from newft.schema.plan import Recipe
from newft.text import Text
from newft.token_pieces import PieceCounts

RecipeBuilder = Callable[[Inputs], Recipe]
MAX_CARD_GB = 1024
# values of the recipe that make a training step larger
STEP_SETTINGS = frozenset({"batch_size", "max_length", "gradient_checkpointing", "precision"})
CHARACTERS_STEP = 50  # suggested lengths are multiples of it
EACH_CARD_NOTE = Text(
    "; each of the {} cards must hold the whole model", "；{} 张卡每张都要放下整个模型"
)


def make_does_not_fit_error(
    inputs: Inputs, fault: DoesNotFitError, resolve: RecipeBuilder
) -> IncompatibleError:
    """Make the error for choices that do not fit; its hint names what to choose instead."""
    where, message = (
        ("data", _explain_long_rows(inputs, fault))
        if fault.length
        else ("gpu", _explain_large_model(inputs))
    )
    brief = Text(f"at most {fault.length:,} tokens per row", f"每行最多 {fault.length:,} 个 token")
    if fault.needed_gb:
        count = inputs.hardware.count
        needed = format_number(fault.needed_gb)
        brief = Text(f"needs {needed} GB", f"需要 {needed} GB")
        message = Text(
            message.en.format(needed=needed)
            + (EACH_CARD_NOTE.en.format(count) if count > 1 else ""),
            message.zh.format(needed=needed)
            + (EACH_CARD_NOTE.zh.format(count) if count > 1 else ""),
        )
    return IncompatibleError(
        message,
        where=where,
        hint=lambda: _join_alternatives(_suggest_alternatives(inputs, fault, resolve)),
        brief=brief,
    )


def _join_alternatives(found: Iterable[Text]) -> Text:
    alternatives = list(found)
    return Text(
        "; or ".join(one.en for one in alternatives)
        or "choose another model: `newft show families`",
        "；或".join(one.zh for one in alternatives) or "换一个模型：`newft show families`",
    )


def suggest_instead_of_method(inputs: Inputs, resolve: RecipeBuilder) -> Text | None:
    """Suggest what fits where the method does not work; None if memory or size are unknown."""
    if inputs.size is None or inputs.memory_gb is None:
        return None
    found = list(_suggest_methods(_list_other_methods(inputs), resolve))
    found = found or list(_suggest_other_family(inputs, resolve))
    return _join_alternatives(found) if found else None


def _explain_large_model(inputs: Inputs) -> Text:
    chosen, title = choose_precision(inputs, fits_in_fp32=False), inputs.method.title
    number_format = get_heaviest_precision(chosen.value)
    en, zh = inputs.memory_label
    message = Text(
        f"`{inputs.name}` with {title.en} in {number_format} needs up to {{needed}} GB, "
        f"more than {en} has",
        f"`{inputs.name}` 至多需要 {{needed}} GB（{title.zh}，{number_format}），超出 {zh}",
    )
    if number_format == "fp32" and not inputs.on_cpu:
        return Text(f"{message.en} ({chosen.why.en})", f"{message.zh}（{chosen.why.zh}）")
    return message


def _explain_long_rows(inputs: Inputs, fault: DoesNotFitError) -> Text:
    en, zh = inputs.memory_label
    usual = estimate_input_tokens(inputs, MEDIAN) + estimate_overhead_tokens(inputs)
    return Text(
        f"with the prompt, half of the rows have {usual:,} tokens or more (estimated), but "
        f"`{inputs.name}` on {en} can train at most {fault.length:,} per row",
        f"加上提示词，估计半数的行不少于 {usual:,} 个 token，"
        f"而 `{inputs.name}` 在 {zh} 上每行最多训练 {fault.length:,} 个",
    )


def _suggest_alternatives(
    inputs: Inputs, fault: DoesNotFitError, resolve: RecipeBuilder
) -> Iterator[Text]:
    if fault.length:
        yield from _suggest_shorter_rows(inputs, fault.length, resolve)
    yield from _suggest_own_choice(inputs, resolve)
    methods = list(_list_other_methods(inputs))
    yield from _suggest_methods([one for one in methods if not is_uncertain(one)], resolve)
    models = list(_suggest_smaller_model(inputs, resolve))
    yield from models
    yield from _suggest_other_card(inputs, resolve)
    if not models:
        yield from _suggest_other_family(inputs, resolve)
    yield from _suggest_methods([one for one in methods if is_uncertain(one)], resolve)


def _suggest_own_choice(inputs: Inputs, resolve: RecipeBuilder) -> Iterator[Text]:
    """Suggest to leave the size of a training step to newft, where the user gives it."""
    given = sorted(STEP_SETTINGS & inputs.given.keys())
    if not given:
        return
    left = {name: value for name, value in inputs.given.items() if name not in given}
    peak = _estimate_peak(replace(inputs, given=left), resolve)
    if peak is not None:
        names = [f"{RECIPE_PREFIX}{name}" for name in given]
        most = format_upper_bound(peak)
        yield Text(
            f"leave out {', '.join(names)} (up to {most} GB)",
            f"去掉 {'、'.join(names)}（至多 {most} GB）",
        )


def _suggest_shorter_rows(inputs: Inputs, length: int, resolve: RecipeBuilder) -> Iterator[Text]:
    """Suggest the length of inputs, in characters, with which the median row fits."""
    lengths = inputs.facts.data.lengths
    share = (length - estimate_overhead_tokens(inputs)) / estimate_input_tokens(inputs, MAXIMUM)
    characters = int(lengths.longest * share) // CHARACTERS_STEP * CHARACTERS_STEP
    if characters <= 0:
        return
    factor = characters / lengths.longest
    rows = tuple(
        LengthQuantile(row.share, _scale_pieces(row.pieces, factor)) for row in lengths.rows
    )
    shorter = replace(lengths, longest=characters, rows=rows)
    data = replace(inputs.facts.data, lengths=shorter)
    peak = _estimate_peak(replace(inputs, facts=replace(inputs.facts, data=data)), resolve)
    if peak is not None:
        most = format_upper_bound(peak)
        yield Text(
            f"shorten the inputs to {characters:,} characters (up to {most} GB)",
            f"把输入缩短到 {characters:,} 个字符（至多 {most} GB）",
        )


def _scale_pieces(pieces: PieceCounts, factor: float) -> PieceCounts:
    return PieceCounts(**{kind: count * factor for kind, count in vars(pieces).items()})


def _list_other_methods(inputs: Inputs) -> Iterator[Inputs]:
    for method in inputs.catalog.methods.values() if inputs.catalog else ():
        if method.id != inputs.method.id:
            yield replace(inputs, method=method)


def _suggest_methods(others: Iterable[Inputs], resolve: RecipeBuilder) -> Iterator[Text]:
    """The other methods by which the same model fits; of an uncertain one, that it is."""
    for one in others:
        peak = _estimate_peak(one, resolve)
        if peak is None:
            continue
        name, most = one.method.id, format_upper_bound(peak)
        title = one.hardware.accelerator.title
        note = Text("", "")
        if is_uncertain(one) and one.trained_by_project:
            note = Text(
                f"; not known to work on {title}: `make check` tries it",
                f"；是否支持 {title} 尚不确定，由 `make check` 实测",
            )
        yield Text(
            f"use --method {name} (up to {most} GB{note.en})",
            f"改用 --method {name}（至多 {most} GB{note.zh}）",
        )


def _suggest_smaller_model(inputs: Inputs, resolve: RecipeBuilder) -> Iterator[Text]:
    """Suggest the largest of the smaller models of the family that fits."""
    sizes = sorted(inputs.family.sizes, key=lambda size: -size.parameters)
    for size in sizes:
        if inputs.size is None or size.parameters < inputs.size.parameters:
            peak = _estimate_peak(replace(inputs, size=size), resolve)
            if peak is not None:
                yield _suggest_model(size, peak)
                return


def _suggest_other_card(inputs: Inputs, resolve: RecipeBuilder) -> Iterator[Text]:
    """Suggest the memory a card needs, and the smallest known card that has it."""
    needed = _find_min_card_memory(inputs, resolve)
    if needed is None:
        return
    en = f"choose a card with bf16 and {needed} GB or more"
    zh = f"换用支持 bf16、显存不少于 {needed} GB 的卡"
    kind = "cuda" if inputs.on_cpu else inputs.hardware.accelerator.kind
    cards = inputs.catalog.accelerators.values() if inputs.catalog else ()
    known = [
        (card.memory_gb, card)
        for card in cards
        if card.memory_gb is not None and card.bf16 and card.kind == kind
    ]
    for memory, card in sorted(known, key=lambda one: one[0]):
        peak = _estimate_peak(_replace_card(inputs, card), resolve)
        if peak is not None:
            peak_en = f"{format_upper_bound(peak)} of {format_number(memory)} GB"
            en += f", such as --gpu 1x{card.id} (up to {peak_en})"
            zh_peak = format_upper_bound(peak)
            zh += f"，例如 --gpu 1x{card.id}（{format_number(memory)} GB 中至多占 {zh_peak} GB）"
            break
    yield Text(en, zh)


def _find_min_card_memory(inputs: Inputs, resolve: RecipeBuilder) -> int | None:
    """Find the least memory in GB of a card with bf16 on which the run fits, if there is any."""
    low, high = 0, MAX_CARD_GB

    def fits(memory: int) -> bool:
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
        return _estimate_peak(_replace_card(inputs, card), resolve) is not None

    if not fits(high):
        return None
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _suggest_other_family(inputs: Inputs, resolve: RecipeBuilder) -> Iterator[Text]:
    """Suggest the largest model of the other families that fits."""
    families = inputs.catalog.families.values() if inputs.catalog else ()
    found = []
    for family in families:
        if family.id == inputs.family.id or family.successor is not None:
            continue
        if inputs.facts.data.language not in family.languages:
            continue
        for size in family.sizes:
            peak = _estimate_peak(replace(inputs, family=family, size=size), resolve)
            if peak is not None:
                found.append((size.parameters, family.id, size, peak))
    for _, _, size, peak in sorted(found, reverse=True, key=lambda one: one[:2])[:1]:
        yield _suggest_model(size, peak)


def _suggest_model(size: ModelSpec, peak: float) -> Text:
    return Text(
        f"choose `{size.hub_id}` (up to {format_upper_bound(peak)} GB)",
        f"选择 `{size.hub_id}`（至多 {format_upper_bound(peak)} GB）",
    )


def _replace_card(inputs: Inputs, card: Accelerator) -> Inputs:
    """Return the inputs of the same run on one card of another kind."""
    answers = replace(inputs.answers, gpu=card.id)
    return replace(inputs, answers=answers, hardware=Hardware(card))


def _estimate_peak(inputs: Inputs, resolve: RecipeBuilder) -> float | None:
    """Estimate the peak memory of the run; None if it does not fit or is unknown."""
    try:
        memory = estimate_run(inputs, resolve(inputs)).memory_gb
    except (DoesNotFitError, IncompatibleError):
        return None
    return memory[1] if memory else None
