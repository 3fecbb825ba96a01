"""Estimate memory and time of a run, as ranges."""

from __future__ import annotations

from newft.decide.estimate.cost import estimate_cost
from newft.decide.estimate.duration import UTILISATION, estimate_training_hours
from newft.decide.estimate.memory import (
    Range,
    Workload,
    estimate_memory_range,
    list_memory_parts,
)
from newft.decide.estimate.memory_fit import estimate_row_tokens
from newft.decide.estimate.token_estimates import MAXIMUM, estimate_longest_target_tokens
from newft.decide.inputs import Inputs, name_memory_zh
from newft.decide.methods.registry import make_state_estimator
from newft.decide.number_format import format_number, round_peak
from newft.decide.precision import AUTO
from newft.schema.family import ModelSpec
from newft.schema.plan import Estimate, Recipe
from newft.text import Text, join_texts, pluralize


def estimate_run(inputs: Inputs, recipe: Recipe) -> Estimate:
    """What the run will take; None where the model's size or the hardware's speed is unknown."""
    hours = estimate_training_hours(inputs, recipe)
    cost = estimate_cost(inputs, hours)
    if inputs.size is None:
        return Estimate(None, hours, _explain_estimate(inputs, None, hours, None), cost)
    load = _find_largest_workload(inputs, inputs.size, _list_possible_workloads(inputs, recipe))
    low, high = estimate_memory_range(inputs.size, load)
    memory = (round(low, 1), round_peak(high))
    largest = load if AUTO in (recipe.batch_size.value, recipe.precision.value) else None
    why = _explain_estimate(inputs, memory, hours, largest, packed=load.packed)
    if load.packed:
        return Estimate(memory, hours, why, cost, list_memory_parts(inputs.size, load))
    if longer := _explain_length(inputs, recipe.max_length.value):
        why = join_texts((why, longer), Text("; ", "；"))
    return Estimate(memory, hours, why, cost, list_memory_parts(inputs.size, load))


def _find_largest_workload(inputs: Inputs, size: ModelSpec, loads: list[Workload]) -> Workload:
    """Find the workload that takes most: `auto` keeps to the memory, and takes less if faster."""
    peaks = [(estimate_memory_range(size, load)[1], load) for load in loads]
    allowed = inputs.memory_gb
    fitting = [peak for peak in peaks if allowed is None or peak[0] <= allowed]
    return max(fitting or peaks[:1], key=lambda peak: peak[0])[1]


def _list_possible_workloads(inputs: Inputs, recipe: Recipe) -> list[Workload]:
    """The workloads that a run may have: several where the project times which is fastest."""
    precision, batch_size = recipe.precision.value, recipe.batch_size.value
    precisions = ["fp32", "bf16"] if precision == AUTO else [precision]
    rows = recipe.gradient_accumulation_steps.value
    batches = (
        [count for count in range(1, rows + 1) if rows % count == 0]
        if isinstance(batch_size, str)
        else [batch_size]
    )
    loads = [
        Workload(
            state=make_state_estimator(inputs, recipe.method),
            precision=each,
            batch_size=count,
            length=min(recipe.max_length.value, estimate_row_tokens(inputs, MAXIMUM)),
            checkpointing=recipe.gradient_checkpointing.value,
            logits_per_row=estimate_longest_target_tokens(inputs),
            on_cpu=inputs.on_cpu,
            processes=recipe.processes.value,
            attention=recipe.attention.value,
        )
        for each in precisions
        for count in batches
    ]
    packed = recipe.max_packed_tokens.value
    return [load.pack(packed, load.batch_size * rows) for load in loads] if packed else loads


def _explain_estimate(
    inputs: Inputs,
    memory: Range | None,
    hours: Range | None,
    largest: Workload | None,
    *,
    packed: bool = False,
) -> Text:
    if inputs.size is None and not inputs.trained_by_project:
        en = "the size of this model is not in the catalogue: nothing is estimated"
        zh = "newft 未收录该模型的规模，无法估算"
    elif inputs.size is None:
        en = "the size of this model is not in the catalogue; `make check` measures the memory"
        zh = f"newft 未收录该模型的规模，由 `make check` 实测{name_memory_zh(inputs.hardware)}"
    elif memory is None or hours is None:
        en = (
            "memory from the model's dimensions; the speed of this hardware is not in the catalogue"
        )
        zh = f"{name_memory_zh(inputs.hardware)}按模型结构估算；newft 未收录该硬件的速度"
    elif inputs.times_steps:
        of, of_zh = _name_largest_step(largest) if largest else ("", "")
        en = (
            f"memory from the model's dimensions{of}; training time is its time budget, "
            "without loading and evaluation"
        )
        zh = f"内存按模型结构估算{of_zh}；训练时间不超过时间预算，不含加载和评估"
    else:
        tflops = format_number(inputs.hardware.accelerator.peak_tflops)
        held, held_zh = (
            ("a sequence of max_packed_tokens", "每条序列 max_packed_tokens 个 token")
            if packed
            else ("rows of max_length", "每行 max_length 个 token")
        )
        en = (
            f"memory of one device from the model's dimensions, for {held}; time for "
            f"rows as long as those of the files, at {UTILISATION[0]:.0%} to {UTILISATION[1]:.0%} "
            f"of {tflops} TFLOPS, without loading and evaluation"
        )
        zh = (
            f"单卡显存按模型结构和{held_zh} 估算；时间按文件中各行的长度、峰值 "
            f"{tflops} TFLOPS 的 {UTILISATION[0]:.0%} 至 {UTILISATION[1]:.0%} 计，不含加载和评估"
        )
    return Text(en, zh)


def _explain_length(inputs: Inputs, max_length: int) -> Text | None:
    """Say where no row is as long as `max_length`, so that its memory is not taken."""
    longest = estimate_row_tokens(inputs, MAXIMUM)
    if longest >= max_length:
        return None
    return Text(
        f"no row is expected to have more than {longest:,} tokens, and a batch is padded to its "
        f"longest: rows of max_length {max_length:,} would take more",
        f"预计没有一行超过 {longest:,} 个 token，每批只填充到其中最长的一行："
        f"若有长达 max_length（{max_length:,}）的行，则会占用更多",
    )


def _name_largest_step(load: Workload) -> tuple[str, str]:
    """Name the largest step that `auto` may choose, in English and Chinese."""
    rows = pluralize(load.batch_size, "row")
    return (
        f", for the largest step that `auto` may choose ({rows} in {load.precision}): "
        "a smaller one takes less",
        f"，取 `auto` 可能选用的最大一步（{load.precision}，{load.batch_size} 行），"
        "选用较小的则更少",
    )
