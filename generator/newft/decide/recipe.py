"""Build the recipe: every number of a run, each with its reason and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import ceil
from typing import TypeVar, cast

from newft.decide import batch, citations, evaluation, schedule, split_reasons
from newft.decide.estimate.duration import cite_checkpointing, estimate_checkpointing_share
from newft.decide.estimate.memory import StateEstimator, Workload
from newft.decide.estimate.memory_fit import (
    LENGTH_STEP,
    DoesNotFitError,
    FixedLoad,
    LengthLimit,
    MemoryFit,
    estimate_peak_gb,
    estimate_share_over,
    fit_to_memory,
)
from newft.decide.estimate.token_estimates import estimate_longest_target_tokens
from newft.decide.fit_alternatives import make_does_not_fit_error, suggest_instead_of_method
from newft.decide.given_reasons import explain_given_values
from newft.decide.given_values import parse_given_values
from newft.decide.inputs import Inputs, name_memory_zh
from newft.decide.method_rules import check_method, check_values
from newft.decide.methods.registry import get_method, make_state_estimator
from newft.decide.number_format import format_number, format_upper_bound
from newft.decide.packing import PADDED, choose_max_packed_tokens
from newft.decide.precision import AUTO, choose_precision, get_heaviest_precision
from newft.schema.method import MethodValue
from newft.schema.plan import Recipe
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text

T = TypeVar("T")
MAX_USUAL_TRUNCATED_SHARE = 0.01  # of the rows
MAX_TRUNCATED_SHARE = 0.9  # of the rows


def build_recipe(inputs: Inputs) -> Recipe:
    """The resolved values; `IncompatibleError` where the choices do not fit together."""
    inputs = replace(inputs, given=parse_given_values(inputs))
    check_method(inputs, partial(suggest_instead_of_method, resolve=_choose_values))
    try:
        recipe = _choose_values(inputs)
    except DoesNotFitError as fault:
        raise make_does_not_fit_error(inputs, fault, _choose_values) from None
    return explain_given_values(recipe, choose_without_given(inputs), inputs)


def choose_without_given(inputs: Inputs) -> Recipe | None:
    """Return the recipe that newft would choose alone.

    None if that one does not fit, or no value is given.
    """
    if not inputs.answers.recipe:
        return None
    try:
        return _choose_values(replace(inputs, given={}))
    except DoesNotFitError:
        return None


def _choose_values(inputs: Inputs) -> Recipe:
    check_method(inputs)
    method = get_method(inputs)
    values = _take_given_values(method.choose_values(inputs), inputs)
    check_values(inputs, values)
    state = make_state_estimator(inputs, values)
    number_format = _take_given(
        "precision", choose_precision(inputs, fits_in_fp32=_fits_in_fp32(inputs, state)), inputs
    )
    planned_for = get_heaviest_precision(number_format.value)
    least = make_minimal_workload(inputs, state, precision=planned_for)
    fitted = fit_to_memory(
        inputs,
        least,
        largest_batch=batch.get_max_device_batch_size(inputs),
        fixed=_fix_given_load(inputs),
    )
    rows = batch.choose_batch(inputs, fitted)
    data = inputs.facts.data
    epochs = _take_given("epochs", schedule.choose_epochs(inputs, rows.effective), inputs)
    updates = ceil(split_reasons.count_training_rows(data) * epochs.value / rows.effective)
    rate = method.choose_learning_rate(
        inputs, schedule.estimate_updates(inputs, updates, rows.effective)
    )
    shots = evaluation.choose_few_shot_examples(inputs)
    packed = choose_max_packed_tokens(inputs, fitted, rows, least)
    return Recipe(
        method=values,
        learning_rate=_take_given("learning_rate", rate, inputs),
        lr_scheduler=_take_given("lr_scheduler", schedule.choose_lr_scheduler(inputs), inputs),
        warmup_ratio=_take_given("warmup_ratio", schedule.choose_warmup_ratio(inputs), inputs),
        weight_decay=_take_given("weight_decay", _choose_weight_decay(inputs), inputs),
        max_grad_norm=_take_given("max_grad_norm", _choose_max_grad_norm(), inputs),
        epochs=epochs,
        batch_size=batch.choose_batch_size(inputs, fitted, packed=packed.value != PADDED),
        gradient_accumulation_steps=batch.choose_gradient_accumulation(inputs, rows),
        max_length=_take_given("max_length", _choose_max_length(inputs, fitted), inputs),
        max_packed_tokens=packed,
        max_truncated_fraction=_choose_truncated_share(inputs, fitted),
        precision=number_format,
        attention=_choose_attention(inputs),
        gradient_checkpointing=_choose_gradient_checkpointing(inputs, fitted),
        num_evaluations=schedule.choose_num_evaluations(inputs, updates),
        seed=_take_given("seed", _choose_seed(inputs), inputs),
        training_minutes=schedule.choose_training_minutes(inputs),
        device=schedule.choose_device(inputs),
        processes=schedule.choose_num_processes(inputs),
        evaluation_minutes=schedule.choose_evaluation_minutes(inputs),
        evaluation_batch_size=evaluation.choose_eval_batch_size(
            inputs, precision=planned_for, shots=shots.value
        ),
        validation_fraction=split_reasons.note_given_split(
            split_reasons.explain_validation_fraction(data), "validation", data
        ),
        test_fraction=split_reasons.note_given_split(
            split_reasons.explain_test_fraction(data), "test", data
        ),
        few_shot_examples=shots,
    )


def _take_given_values(
    chosen: Mapping[str, Reasoned[MethodValue]], inputs: Inputs
) -> Mapping[str, Reasoned[MethodValue]]:
    """Return the method's section with the given values in place of the chosen ones."""
    return {name: _take_given(name, value, inputs) for name, value in chosen.items()}


def _take_given(name: str, chosen: Reasoned[T], inputs: Inputs) -> Reasoned[T]:
    """Return the given value in place of the chosen one; its reason is written at the end."""
    if name not in inputs.given:
        return chosen
    return replace(chosen, value=cast("T", inputs.given[name]))


def _fix_given_load(inputs: Inputs) -> FixedLoad:
    """Return what the user gives of a training step."""
    length, size = inputs.given.get("max_length"), inputs.given.get("batch_size")
    checkpointing = inputs.given.get("gradient_checkpointing")
    return FixedLoad(
        length if isinstance(length, int) else None,
        size if isinstance(size, int) else None,
        checkpointing if isinstance(checkpointing, bool) else None,
    )


def make_minimal_workload(inputs: Inputs, state: StateEstimator, *, precision: str) -> Workload:
    """The lightest training step: one short row, activations recomputed."""
    return Workload(
        state=state,
        precision=precision,
        batch_size=1,
        length=LENGTH_STEP,
        checkpointing=get_method(inputs).CAN_CHECKPOINT,
        logits_per_row=estimate_longest_target_tokens(inputs),
        on_cpu=inputs.on_cpu,
        attention=inputs.family.attention[0],
        processes=inputs.hardware.count,
    )


def _choose_weight_decay(inputs: Inputs) -> Reasoned[float]:
    decay = inputs.method.weight_decay
    return Reasoned(decay.value, decay.why, as_citation(decay.source))


def _choose_max_grad_norm() -> Reasoned[float]:
    why = Text(
        "clips gradients, so that one outlier batch cannot destabilise training",
        "裁剪梯度，避免个别异常批次带偏训练",
    )
    return Reasoned(1.0, why, citations.TRAINING_ARGUMENTS)


def _fits_in_fp32(inputs: Inputs, state: StateEstimator) -> bool:
    """Whether one short row fits; where size or memory is unknown, nothing speaks against it."""
    if inputs.size is None or inputs.memory_gb is None:
        return True
    load = make_minimal_workload(inputs, state, precision="fp32")
    return estimate_peak_gb(inputs.size, load) <= inputs.memory_gb


def _choose_attention(inputs: Inputs) -> Reasoned[str]:
    kernels = inputs.family.attention
    if inputs.family.successor is not None:
        why = Text(
            "the model's own code brings its attention, so the choice is left to it",
            "模型自带的代码有自己的注意力实现，由它自行选择",
        )
        return Reasoned(kernels[0], why, as_citation(inputs.family.successor.source))
    if "sdpa" not in kernels:
        why = Text(
            "plain matrix products: transformers does not support PyTorch's fused attention for "
            "this model; they need no other package and no compilation",
            "普通矩阵乘：transformers 在该模型上不支持 PyTorch 的融合注意力；"
            "这种实现无需另装软件包，也无需编译",
        )
        return Reasoned(kernels[0], why, citations.ATTENTION_OF_CLASSES)
    if inputs.on_cpu:
        why = Text(
            "`make train` times PyTorch's fused attention and plain matrix products: on a CPU the "
            "backward pass of fused attention is slow for short rows",
            "`make train` 会比较 PyTorch 的融合注意力与普通矩阵乘：在 CPU 上，短文本用融合注意力时"
            "反向传播较慢",
        )
        return Reasoned(AUTO, why, citations.MEASURED_ATTENTION)
    why = Text(
        "PyTorch's fused attention: nothing to install, and it selects the fastest kernel",
        "PyTorch 自带的融合注意力：无需另装，自动选用可用的最快内核",
    )
    return Reasoned("sdpa", why, citations.SDPA)


def _choose_seed(inputs: Inputs) -> Reasoned[int]:
    why = Text(
        "any fixed value: the same rows and settings give the same figures on the same machine"
        + ("; with a time budget the number of steps may differ" if inputs.times_steps else ""),
        "任意固定值均可：在同一台机器上，数据与设置相同，结果就相同"
        + ("；有时间预算时，步数可能不同" if inputs.times_steps else ""),
    )
    source = citations.cite_own_rule(
        "only results that can be reproduced can be compared", "结果可复现，才能比较"
    )
    return Reasoned(42, why, source)


def _choose_max_length(inputs: Inputs, fitted: MemoryFit) -> Reasoned[int]:
    longest = inputs.facts.data.lengths.longest
    en = f"the longest of {inputs.rows:,} rows has {longest:,} characters"
    zh = f"{inputs.rows:,} 行中最长的有 {longest:,} 个字符"
    if fitted.limit is None:
        en += f": {fitted.wanted:,} tokens hold it, the prompt, the target and a margin of 25 %"
        zh += f"：加上提示词、答案和 25% 的余量，{fitted.wanted:,} 个 token 足够"
    else:
        limit = _explain_length_limit(inputs, fitted.limit)
        en += f", about {fitted.wanted:,} tokens; {limit.en}"
        zh += f"，约 {fitted.wanted:,} 个 token；{limit.zh}"
        if inputs.trained_by_project:
            en += "; longer inputs are truncated in the middle, the target never"
            zh += "；超长的输入截掉中间部分，答案保持完整"
    tokens = as_citation(inputs.family.tokens_per_piece.source)
    source = citations.join_citations(
        citations.cite_data_rows(inputs.facts.data),
        Text(
            f"tokens per word, digit and Chinese character: {tokens.en}",
            f"每个单词、数字和汉字的 token 数：{tokens.zh}",
        ),
    )
    return Reasoned(fitted.length, Text(en, zh), source)


def _explain_length_limit(inputs: Inputs, limit: LengthLimit) -> Text:
    """Say as a clause what limits the length of a row."""
    if limit == "context":
        return Text("the model's context is no longer", "已达模型上下文长度上限")
    if limit == "given":
        return Text("max_length is given", "max_length 由用户指定")
    if limit == "time":
        return Text("longer rows would take too long on a CPU", "更长的行在 CPU 上耗时太久")
    memory = format_number(inputs.memory_gb)
    return Text(
        f"longer rows do not fit into {memory} GB",
        f"更长的行放不进 {memory} GB {name_memory_zh(inputs.hardware)}",
    )


def _choose_truncated_share(inputs: Inputs, fitted: MemoryFit) -> Reasoned[float]:
    share = round(min(MAX_TRUNCATED_SHARE, estimate_share_over(inputs, fitted.length)), 2)
    source = citations.cite_own_rule(
        "truncation may remove the facts that the label depends on: at most "
        f"{MAX_USUAL_TRUNCATED_SHARE * 100:.0f} % of the rows, unless context, memory or time "
        "limit the length",
        f"截断可能恰好丢掉判断标签的依据；除非受上下文、{name_memory_zh(inputs.hardware)}或时间限制，"
        f"被截断的行不超过 {MAX_USUAL_TRUNCATED_SHARE:.0%}",
    )
    if fitted.limit is None or share <= MAX_USUAL_TRUNCATED_SHARE:
        why = Text(
            "max_length is estimated to hold the longest row; `make data` fails if more than this "
            "share of the rows would be truncated",
            "max_length 按最长的行估算；若被截断的行超过此比例，`make data` 会报错",
        )
        return Reasoned(MAX_USUAL_TRUNCATED_SHARE, why, source)
    limit = _explain_length_limit(inputs, fitted.limit)
    why = Text(
        f"up to {share:.0%} of the rows may be longer than max_length, as {limit.en}; `make data` "
        "fails if more would be truncated",
        f"{limit.zh}，至多约 {share:.0%} 的行会超出 max_length；若被截断的行超过此比例，"
        "`make data` 会报错",
    )
    return Reasoned(share, why, source)


def _choose_gradient_checkpointing(inputs: Inputs, fitted: MemoryFit) -> Reasoned[bool]:
    kind = name_memory_zh(inputs.hardware)
    added = f"{estimate_checkpointing_share(inputs):.0%}"
    computation, computation_zh = f"{added[:-1]} % more computation", f"{added} 的计算量"
    if not get_method(inputs).CAN_CHECKPOINT:
        why = Text(
            "a layer that is computed again in the backward pass would not see the prefix",
            "反向传播时重新计算的层看不到前缀",
        )
        return Reasoned(False, why, citations.PREFIX_CHECKPOINTING)
    if not fitted.checkpointing:
        why = Text(
            f"the run fits into memory without it; it would add {computation}",
            f"不启用也放得下；启用会多花 {computation_zh}",
        )
    elif fitted.high_gb is None:
        why = Text(
            f"the model's size is unknown, so memory is saved, for {computation}",
            f"模型规模未知，先省{kind}，代价是多花 {computation_zh}",
        )
    elif inputs.memory_gb is None:
        most = format_upper_bound(fitted.high_gb)
        why = Text(
            f"the available memory is unknown: with it one row takes at most {most} GB, for "
            f"{computation}",
            f"可用{kind}未知：启用后一行最多占 {most} GB，代价是多花 {computation_zh}",
        )
    else:
        memory = format_number(inputs.memory_gb)
        rows, tokens = inputs.given.get("batch_size"), f"{fitted.length:,}"
        given = rows if isinstance(rows, int) and rows > 1 else None
        en = (
            f"{given} rows of up to {tokens} tokens do not fit"
            if given
            else "not even one row fits"
        )
        zh = f"每行最多 {tokens} 个 token 的 {given} 行" if given else "一行也"
        why = Text(
            f"without it {en} into {memory} GB; it adds {computation}",
            f"不启用则{zh}放不进 {memory} GB；代价是多花 {computation_zh}",
        )
    return Reasoned(fitted.checkpointing, why, cite_checkpointing(inputs))
