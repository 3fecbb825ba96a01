"""Warnings about a plan: problems that do not prevent the project from being generated."""

from __future__ import annotations

from newft.decide.estimate.duration import MEASURED_CORES, estimate_cpu_rows
from newft.decide.given_warnings import warn_of_given_values
from newft.decide.inputs import Inputs
from newft.decide.label_warnings import (
    warn_of_dominant_label,
    warn_of_rare_labels,
    warn_of_scored_label,
)
from newft.decide.long_rows import warn_of_long_rows
from newft.decide.method_rules import is_uncertain
from newft.decide.model.model_warnings import warn_of_model
from newft.decide.outcome_warnings import warn_of_labels_beside_scored
from newft.decide.schedule import CPU_TRAINING_MINUTES
from newft.decide.split_reasons import (
    compute_wilson_half_width,
    count_held_out_rows,
    count_training_rows,
)
from newft.schema.plan import Recipe
from newft.split_fractions import choose_split_fractions
from newft.text import Text, join_names, pluralize

FEW_TEST_ROWS = 60
RECOMMENDED_ROWS = 600
LANGUAGE_NAMES = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}


def collect_warnings(inputs: Inputs, recipe: Recipe) -> tuple[Text, ...]:
    """Collect the warnings that follow from the choices; those about the data are in its facts."""
    warnings = (
        *warn_of_given_values(inputs, recipe),
        *warn_of_labels_beside_scored(inputs.facts.data, inputs.task),
        _warn_language(inputs),
        _warn_few_rows(inputs),
        warn_of_scored_label(inputs.facts.data),
        warn_of_dominant_label(inputs.facts.data),
        warn_of_rare_labels(inputs.facts.data),
        warn_of_long_rows(inputs, recipe),
        *warn_of_model(inputs),
        _warn_assumed_bf16(inputs, recipe),
        _warn_untried_4_bit(inputs),
        _warn_torch_build(inputs),
        _warn_slow_cpu(inputs),
        _warn_unlimited_cpu(inputs, recipe),
    )
    return tuple(warning for warning in warnings if warning)


def _warn_language(inputs: Inputs) -> Text | None:
    language = inputs.facts.data.language
    if language in inputs.family.languages:
        return None
    known = LANGUAGE_NAMES[language]
    return Text(
        f"the authors of {inputs.family.title} do not name {known.en} among its languages: it can "
        "learn to predict short labels, but may write poor text",
        f"{inputs.family.title} 的官方没有把{known.zh}列为支持的语言：可以学会输出简短的标签，"
        f"{known.zh}文本的质量没有保证",
    )


def _warn_few_rows(inputs: Inputs) -> Text | None:
    data = inputs.facts.data
    rows = count_held_out_rows(data)[1]
    if rows >= FEW_TEST_ROWS:
        return None
    points, better = (
        _compute_error_margin(rows),
        _compute_error_margin(_count_test_rows(RECOMMENDED_ROWS)),
    )
    return Text(
        f"about {rows} test rows: metrics are uncertain by +-{points:.0f} points; "
        f"with {RECOMMENDED_ROWS} rows in total, by +-{better:.0f}",
        f"测试集约 {rows} 行，指标误差约 ±{points:.0f} 个百分点；"
        f"数据总量达到 {RECOMMENDED_ROWS} 行时约为 ±{better:.0f}",
    )


def _count_test_rows(rows: int) -> int:
    return round(rows * choose_split_fractions(rows).test_fraction)


def _compute_error_margin(rows: int) -> float:
    return 100 * compute_wilson_half_width(max(1, rows))


def _warn_assumed_bf16(inputs: Inputs, recipe: Recipe) -> Text | None:
    if recipe.precision.value != "bf16" or inputs.on_cpu or inputs.hardware.accelerator.bf16:
        return None
    return Text(
        "bf16 is assumed to be supported: if the card is older than 2020, name it (such as "
        "`--gpu 1xV100-32GB`)",
        "假定显卡支持 bf16：2020 年以前的显卡请写明型号（如 `--gpu 1xV100-32GB`）",
    )


def _warn_untried_4_bit(inputs: Inputs) -> Text | None:
    if not is_uncertain(inputs):
        return None
    title = inputs.hardware.accelerator.title
    tried = Text("", "")
    if inputs.trained_by_project:
        tried = Text(
            ": `make check` tries a multiplication on the machine that trains",
            "：`make check` 会在训练机器上试做一次乘法",
        )
    return Text(
        f"it is not known whether bitsandbytes has 4-bit kernels for {title}{tried.en}",
        f"不确定 bitsandbytes 是否有 {title} 的 4 位内核{tried.zh}",
    )


def _warn_torch_build(inputs: Inputs) -> Text | None:
    build = inputs.hardware.accelerator.torch
    if build is None or not build.excludes_newest or not inputs.trained_by_project:
        return None
    wanted = join_names(build.requires)
    return Text(
        f"the project installs {wanted.en}: {build.why.en}", f"项目安装 {wanted.zh}：{build.why.zh}"
    )


def _warn_slow_cpu(inputs: Inputs) -> Text | None:
    if not inputs.times_steps or inputs.size is None:
        return None
    rows = count_training_rows(inputs.facts.data)
    cores, speed = _assume_cores(inputs)
    trained = estimate_cpu_rows(inputs, inputs.size, minutes=CPU_TRAINING_MINUTES, cores=cores)
    if trained >= rows:
        return None
    return Text(
        f"{speed.en}, {CPU_TRAINING_MINUTES} minutes are enough for about {trained:,} of {rows:,} "
        "training rows; `make train` measures the speed and trains on a sample if "
        "training.time_budget_minutes is too short",
        f"{speed.zh}，{CPU_TRAINING_MINUTES} 分钟约能训练 {rows:,} 行中的 {trained:,} 行；"
        "`make train` 会实测速度，时间预算 training.time_budget_minutes 不够时抽样训练",
    )


def _warn_unlimited_cpu(inputs: Inputs, recipe: Recipe) -> Text | None:
    """Say how long another tool takes on a CPU: it has no time budget."""
    if not inputs.on_cpu or inputs.trained_by_project or inputs.size is None:
        return None
    cores, speed = _assume_cores(inputs)
    in_an_hour = estimate_cpu_rows(inputs, inputs.size, minutes=60, cores=cores)
    rows = count_training_rows(inputs.facts.data) * recipe.epochs.value
    hours = max(1, round(rows / max(1, in_an_hour)))
    return Text(
        f"LLaMA-Factory trains on all rows: on a CPU about {pluralize(hours, 'hour')}, {speed.en}; "
        "if a card trains, name it, such as `--gpu 1x24GB`",
        f"LLaMA-Factory 会训练全部数据：{speed.zh}，在 CPU 上约需 {hours:,} 小时；"
        "若用加速卡训练，请写明，如 `--gpu 1x24GB`",
    )


def _assume_cores(inputs: Inputs) -> tuple[int, Text]:
    """Return the number of cores, and in words the assumption about their speed."""
    if inputs.trains_here and inputs.facts.machine is not None:
        cores = inputs.facts.machine.cores
        return cores, Text(
            f"if the {cores} cores are as fast as the {MEASURED_CORES} measured ones",
            f"若这 {cores} 个核与实测所用的 {MEASURED_CORES} 个核同样快",
        )
    return MEASURED_CORES, Text(
        f"at the speed measured on {MEASURED_CORES} cores", f"按 {MEASURED_CORES} 个核的实测速度"
    )
