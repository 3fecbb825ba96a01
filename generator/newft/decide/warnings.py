"""What the user should know before the project is written, though nothing stops it."""

from __future__ import annotations

from newft.decide.case import LONGEST, Case, memory_zh
from newft.decide.estimate import MEASURED_CORES, cpu_rows
from newft.decide.fit import row_tokens
from newft.decide.splits import test_share, training_rows, wilson_half_width
from newft.decide.steps import TRAINING_MINUTES
from newft.entries import Text
from newft.model import Recipe

FEW_TEST_ROWS = 60
ENOUGH_ROWS = 600
FEW_ROWS_A_LABEL = 10
LANGUAGES = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}


def of(case: Case, recipe: Recipe) -> tuple[Text, ...]:
    """What the choices add to what the data warned of."""
    ours = (
        _language(case),
        _few_rows(case),
        _rare_labels(case),
        _long_rows(case, recipe),
        _unknown_size(case),
        _assumed_bf16(case, recipe),
        _torch_build(case),
        _slow_cpu(case),
    )
    return tuple(warning for warning in ours if warning)


def _language(case: Case) -> Text | None:
    language = case.facts.data.language
    if language in case.family.languages:
        return None
    known = LANGUAGES[language]
    return Text(
        f"{case.family.title} was not trained on {known.en}: it learns short labels, little else",
        f"{case.family.title} 没有用{known.zh}训练过，只能学会输出简短的标签",
    )


def _few_rows(case: Case) -> Text | None:
    rows = _test_rows(case.rows)
    if rows >= FEW_TEST_ROWS:
        return None
    points, better = _points(rows), _points(_test_rows(ENOUGH_ROWS))
    return Text(
        f"about {rows} test rows: the result is only known to +-{points:.0f} points; "
        f"{ENOUGH_ROWS} rows in all make it +-{better:.0f}",
        f"测试集约 {rows} 行，指标误差约 ±{points:.0f} 个百分点；"
        f"数据增加到 {ENOUGH_ROWS} 行时约为 ±{better:.0f}",
    )


def _test_rows(rows: int) -> int:
    return round(rows * test_share(rows).value)


def _points(rows: int) -> float:
    return 100 * wilson_half_width(max(1, rows))


def _rare_labels(case: Case) -> Text | None:
    rare = [label for label, rows in case.facts.data.labels.items() if rows < FEW_ROWS_A_LABEL]
    if not rare:
        return None
    have = "has" if len(rare) == 1 else "have"
    shown = ", ".join(rare[:5]) + (" ..." if len(rare) > 5 else "")
    return Text(
        f"{len(rare)} of {case.labels} labels {have} fewer than {FEW_ROWS_A_LABEL} rows: {shown}",
        f"{case.labels} 个标签中有 {len(rare)} 个不足 {FEW_ROWS_A_LABEL} 行：{shown}",
    )


def _long_rows(case: Case, recipe: Recipe) -> Text | None:
    length, share = recipe.max_length.value, recipe.truncated_share.value
    if row_tokens(case, LONGEST) <= length:
        return None
    return Text(
        f"up to {share:.0%} of the rows may pass {length:,} tokens and lose their middle",
        f"至多约 {share:.0%} 的行可能超出 {length:,} 个 token，中间部分会被略去",
    )


def _unknown_size(case: Case) -> Text | None:
    if case.size is not None:
        return None
    return Text(
        f"`{case.name}` is not in the catalogue of {case.family.title}: its memory and time are "
        "not estimated; `make check` measures",
        f"`{case.name}` 不在 {case.family.title} 的目录中：未估算{memory_zh(case.hardware)}与时间，"
        "由 `make check` 实测",
    )


def _assumed_bf16(case: Case, recipe: Recipe) -> Text | None:
    if recipe.precision.value != "bf16" or case.on_cpu or case.hardware.accelerator.bf16:
        return None
    return Text(
        "bf16 is assumed: name the card (such as `--gpu 1xV100-32GB`) if it is older than 2020",
        "假定支持 bf16：若显卡早于 2020 年，请写明型号（如 `--gpu 1xV100-32GB`）",
    )


def _torch_build(case: Case) -> Text | None:
    build = case.hardware.accelerator.torch
    if build is None or not build.excludes_newest:
        return None
    wanted = ", ".join(build.requires)
    return Text(
        f"the project installs {wanted}: {build.why.en}", f"项目安装 {wanted}：{build.why.zh}"
    )


def _slow_cpu(case: Case) -> Text | None:
    if not case.on_cpu or case.size is None:
        return None
    rows = training_rows(case.rows)
    cores, speed = _cores(case)
    reached = cpu_rows(case, case.size, minutes=TRAINING_MINUTES, cores=cores)
    if reached >= rows:
        return None
    return Text(
        f"{speed.en}, {TRAINING_MINUTES} minutes train on about {reached:,} of {rows:,} rows; "
        "`make train` measures, and takes a sample where training.time_budget_minutes is short",
        f"{speed.zh}，{TRAINING_MINUTES} 分钟约能训练 {rows:,} 行中的 {reached:,} 行；"
        "`make train` 会实测速度，时间预算 training.time_budget_minutes 不够时抽样训练",
    )


def _cores(case: Case) -> tuple[int, Text]:
    """The cores to reckon with, and in words what is assumed of them."""
    if case.trains_here and case.facts.machine is not None:
        cores = case.facts.machine.cores
        return cores, Text(
            f"if each of {cores} cores is as fast as the {MEASURED_CORES} that were measured",
            f"若这 {cores} 个核与实测的 {MEASURED_CORES} 个核同样快",
        )
    return MEASURED_CORES, Text(
        f"at the speed measured on {MEASURED_CORES} cores", f"按 {MEASURED_CORES} 个核的实测速度"
    )
