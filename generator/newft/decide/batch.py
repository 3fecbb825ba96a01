"""Batch size and gradient accumulation."""

from __future__ import annotations

from dataclasses import dataclass

from newft.decide import citations
from newft.decide.inputs import Inputs, name_memory_zh
from newft.decide.memory_fit import MemoryFit
from newft.decide.number_format import format_number, format_upper_bound
from newft.decide.precision import AUTO
from newft.decide.splits import count_training_rows
from newft.schema.reasoned import Reasoned
from newft.text import Text, pluralize

MAX_EFFECTIVE_BATCH_SIZE = 31  # below 32


@dataclass(frozen=True)
class Batch:
    """Rows of one update: a device's batch, its repetitions, and the devices."""

    batch_size: int
    gradient_accumulation_steps: int
    devices: int

    @property
    def effective(self) -> int:
        """Rows that one update is made of."""
        return self.batch_size * self.gradient_accumulation_steps * self.devices


def choose_effective_batch_size(inputs: Inputs) -> int:
    """Rows that an update should have."""
    return 8 if inputs.on_cpu or count_training_rows(inputs.rows) < 1000 else 16


def get_max_device_batch_size(inputs: Inputs) -> int:
    """Rows that one device may take at once without passing the wanted batch."""
    return max(1, choose_effective_batch_size(inputs) // inputs.hardware.count)


def choose_batch(inputs: Inputs, fitted: MemoryFit) -> Batch:
    """The batch that fits, repeated until an update has the wanted rows; a CPU times batches."""
    if inputs.on_cpu:
        return Batch(1, get_max_device_batch_size(inputs), inputs.hardware.count)
    devices = inputs.hardware.count
    accumulation = max(1, choose_effective_batch_size(inputs) // (fitted.batch_size * devices))
    return Batch(fitted.batch_size, accumulation, devices)


def choose_batch_size(inputs: Inputs, fitted: MemoryFit) -> Reasoned[int | str]:
    """Rows that a device computes at once."""
    if inputs.on_cpu:
        why = Text(
            "`make train` divides the rows of an update into as few batches as memory allows, and "
            "times the two largest",
            "`make train` 在内存允许的范围内取最大的两种批大小，实测后选用较快的",
        )
        return Reasoned(AUTO, why, citations.MEASURED_BATCH)
    value = fitted.batch_size
    if fitted.high_gb is None:
        why = Text(
            "the model's size is unknown, so few at once; raise it when `make check` shows room",
            "模型规模未知，先取较小值；`make check` 显示有余量时可调大",
        )
    else:
        within, within_zh = _describe_memory(inputs)
        peak, take = format_upper_bound(fitted.high_gb), "takes" if value == 1 else "take"
        why = Text(
            f"{pluralize(value, 'row')} of up to {fitted.length:,} tokens {take} "
            f"up to {peak} GB{within}",
            f"{value} 行、每行最多 {fitted.length:,} 个 token，最多占 {peak} GB{within_zh}",
        )
    source = citations.house_rule(
        "the largest power of two that fits, at most the rows of one update",
        "取放得下的最大的 2 的幂，但不超过一次更新的行数",
    )
    return Reasoned(value, why, source)


def _describe_memory(inputs: Inputs) -> tuple[str, str]:
    """The memory that is there, for both languages."""
    memory = format_number(inputs.memory_gb)
    if inputs.memory_gb is None:
        return "; what is there is unknown", f"；可用{name_memory_zh(inputs.hardware)}未知"
    if inputs.on_cpu:
        return (
            f" of {memory}, three quarters of this machine's",
            f"（本机内存的四分之三为 {memory} GB）",
        )
    if inputs.desktop_gb:
        whole, desktop = (
            format_number(inputs.hardware.accelerator.memory_gb),
            f"{inputs.desktop_gb:g} GB",
        )
        return (
            f" of {memory}: {desktop} of {whole} GB are left to a desktop",
            f"（可用 {memory} GB：{whole} GB 中给桌面留 {desktop}）",
        )
    return f" of {memory}", f"（可用 {memory} GB）"


def choose_gradient_accumulation(inputs: Inputs, value: Batch) -> Reasoned[int]:
    """Batches that are added up before an update; all its rows, where their number is not fixed."""
    if inputs.on_cpu:
        why = Text(
            f"{value.effective} rows an update, however they are divided: LoRA learns worse from "
            "large batches",
            f"无论怎样分批，每次更新都是 {value.effective} 行：批量过大会降低 LoRA 的效果",
        )
        return Reasoned(value.gradient_accumulation_steps, why, citations.LORA_WITHOUT_REGRET)
    devices, steps = pluralize(value.devices, "device"), value.gradient_accumulation_steps
    en = f"{value.batch_size} x {steps} x {devices}"
    why = Text(
        f"{en} = {value.effective} rows an update: LoRA learns worse from large batches",
        f"{value.batch_size} 行 x 累积 {steps} 次 x {value.devices} 个设备 = 每次更新 "
        f"{value.effective} 行：批量过大会降低 LoRA 的效果",
    )
    if value.effective > MAX_EFFECTIVE_BATCH_SIZE:
        why = Text(
            f"one row on each of {value.devices} devices: above the 31 rows that suit LoRA",
            f"{value.devices} 个设备各一行：已超过 LoRA 适宜的 31 行",
        )
    return Reasoned(value.gradient_accumulation_steps, why, citations.LORA_WITHOUT_REGRET)
