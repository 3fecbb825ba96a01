"""Batch size and gradient accumulation."""

from __future__ import annotations

from dataclasses import dataclass

from newft.decide import citations
from newft.decide.estimate.memory_fit import MemoryFit
from newft.decide.inputs import Inputs, name_memory_zh
from newft.decide.methods.catalog_values import find_effective_batch_size
from newft.decide.number_format import format_number, format_peak
from newft.decide.precision import AUTO
from newft.decide.split_reasons import count_training_rows
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text, pluralize

SMALL_EFFECTIVE_BATCH_SIZE = 8
FEW_ROWS = 1000


@dataclass(frozen=True)
class Batch:
    """The rows of one update: batch size of a device, accumulation steps, devices."""

    batch_size: int
    gradient_accumulation_steps: int
    devices: int

    @property
    def effective(self) -> int:
        """Rows per update."""
        return self.batch_size * self.gradient_accumulation_steps * self.devices


def choose_effective_batch_size(inputs: Inputs) -> int:
    """Choose the number of rows per update."""
    published = find_effective_batch_size(inputs)
    if published is not None:
        return published.value
    usual = inputs.method.effective_batch_size.value
    if inputs.times_steps or count_training_rows(inputs.facts.data) < FEW_ROWS:
        return min(usual, SMALL_EFFECTIVE_BATCH_SIZE)
    return usual


def get_max_device_batch_size(inputs: Inputs) -> int:
    """Return the largest batch of one device that does not exceed the rows of an update."""
    return max(1, choose_effective_batch_size(inputs) // inputs.hardware.count)


def choose_batch(inputs: Inputs, fitted: MemoryFit) -> Batch:
    """Accumulate the batch that fits up to the rows of an update; on a CPU it is timed later."""
    devices, timed = inputs.hardware.count, inputs.times_steps and _get_given_size(inputs) is None
    size = 1 if timed else fitted.batch_size
    given = inputs.given.get("gradient_accumulation_steps")
    if isinstance(given, int):
        return Batch(size, given, devices)
    return Batch(size, max(1, choose_effective_batch_size(inputs) // (size * devices)), devices)


def _get_given_size(inputs: Inputs) -> int | None:
    """Return the batch size of one device that the user gives; None leaves it open."""
    given = inputs.given.get("batch_size")
    return given if isinstance(given, int) else None


def choose_batch_size(
    inputs: Inputs, fitted: MemoryFit, *, packed: bool = False
) -> Reasoned[int | str]:
    """Choose the batch size of one device; on a CPU the project times it."""
    if inputs.times_steps and _get_given_size(inputs) is None:
        why = Text(
            "`make train` times the two largest batch sizes that fit into memory and divide the "
            "rows of an update",
            "`make train` 取能整除每次更新行数、且放得进内存的最大两种批大小，实测后选较快的",
        )
        return Reasoned(AUTO, why, citations.MEASURED_BATCH)
    value = fitted.batch_size
    if packed:
        why = Text(
            "rows are packed: this only sets, times gradient_accumulation_steps, the rows of an "
            "update; the memory depends on max_packed_tokens",
            "各行打包成序列：此值只与 gradient_accumulation_steps 相乘，决定每次更新的行数；"
            "显存取决于 max_packed_tokens",
        )
    elif fitted.high_gb is None:
        why = Text(
            "the model's size is unknown, so a small batch; raise it if memory stays free",
            f"模型规模未知，先取较小值；{name_memory_zh(inputs.hardware)}有余量时可调大",
        )
    else:
        within, within_zh = _describe_memory(inputs)
        peak, take = format_peak(fitted.high_gb), "takes" if value == 1 else "take"
        why = Text(
            f"{pluralize(value, 'row')} of up to {fitted.length:,} tokens {take} "
            f"up to {peak} GB{within}",
            f"{value} 行、每行最多 {fitted.length:,} 个 token，最多占 {peak} GB{within_zh}",
        )
    source = citations.cite_own_rule(
        "the largest power of two that fits, at most the rows of one update",
        "取放得下的最大的 2 的幂，但不超过一次更新的行数",
    )
    return Reasoned(value, why, source)


def _describe_memory(inputs: Inputs) -> tuple[str, str]:
    """Say how much memory is available, in English and Chinese."""
    memory = format_number(inputs.memory_gb)
    if inputs.memory_gb is None:
        return "; the available memory is unknown", f"；可用{name_memory_zh(inputs.hardware)}未知"
    if inputs.on_cpu:
        return (
            f" of {memory} GB, three quarters of this machine's memory",
            f"（本机内存的四分之三为 {memory} GB）",
        )
    if inputs.desktop_gb:
        whole, desktop = (
            format_number(inputs.hardware.accelerator.memory_gb),
            f"{inputs.desktop_gb:g} GB",
        )
        return (
            f" of {memory} GB ({desktop} of {whole} GB is reserved for the desktop)",
            f"（可用 {memory} GB：{whole} GB 中给桌面留 {desktop}）",
        )
    return f" of {memory} GB", f"（可用 {memory} GB）"


def choose_gradient_accumulation(inputs: Inputs, value: Batch) -> Reasoned[int]:
    """Choose the accumulation steps; if the batch size is timed, all rows of an update."""
    rows, steps = value.effective, value.gradient_accumulation_steps
    reason = _explain_rows(inputs, value)
    if inputs.times_steps and _get_given_size(inputs) is None:
        why = Text(
            f"while batch_size is auto, the rows per update: {rows}, which `make train` divides by "
            f"the batch size that it chooses; {reason.why.en}",
            f"batch_size 为 auto 时，这里是每次更新的总行数（{rows}），"
            "选定批大小后自动换算累积次数；"
            f"{reason.why.zh}",
        )
        return Reasoned(steps, why, reason.source)
    devices = pluralize(value.devices, "device")
    why = Text(
        f"{value.batch_size} x {steps} x {devices} = {rows} rows per update; {reason.why.en}",
        f"{value.batch_size} 行 x 累积 {steps} 次 x {value.devices} 个设备 = 每次更新 "
        f"{rows} 行；{reason.why.zh}",
    )
    return Reasoned(steps, why, reason.source)


def _explain_rows(inputs: Inputs, value: Batch) -> Reasoned[int]:
    """Explain the rows of an update: those of the method, of the model, or fewer for few rows."""
    rows, published = value.effective, find_effective_batch_size(inputs)
    usual = published or inputs.method.effective_batch_size
    source = as_citation(usual.source)
    most, title = inputs.method.max_effective_batch_size, inputs.method.title
    if published is None and most is not None and rows > most and rows == value.devices:
        why = Text(
            f"one row on each device, which exceeds the {most} rows that suit {title.en}",
            f"每个设备一行，超过了{title.zh}适宜的 {most} 行",
        )
        return Reasoned(rows, why, source)
    if published is None and rows == SMALL_EFFECTIVE_BATCH_SIZE < usual.value:
        cause = Text(
            f"fewer than {FEW_ROWS:,} training rows give few updates",
            f"训练数据不足 {FEW_ROWS:,} 行，更新次数本就不多",
        )
        if inputs.times_steps:
            cause = Text("a run on a CPU has few updates", "CPU 上的训练更新次数本就不多")
        why = Text(
            f"less than the usual {usual.value}, since {cause.en}",
            f"少于通常的 {usual.value} 行：{cause.zh}",
        )
        rule = citations.cite_own_rule(
            "a task with few rows needs updates rather than exact gradients",
            "数据少时，更新次数比梯度精度更重要",
        )
        return Reasoned(rows, why, rule)
    return Reasoned(rows, usual.why, source)
