"""How often the weights are updated, on how many rows, and how that is watched."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from newft.decide import sources
from newft.decide.case import Case, at_most, figure, memory_zh
from newft.decide.estimate import MEASURED_CORES, cpu_rows
from newft.decide.fit import Fit
from newft.decide.precision import AUTO
from newft.decide.splits import training_rows
from newft.entries import Text
from newft.model import Reasoned
from newft.names import counted

TRAINING_MINUTES = 10  # on a CPU, where a person waits
EVALUATION_MINUTES = 5
LARGEST_EFFECTIVE_BATCH = 31  # below 32
FEWEST_UPDATES = 120  # twice the 60 after which ten intents were learned
ENOUGH_UPDATES = 3000
MOST_EPOCHS = 10
USUAL_EPOCHS = 3
NO_BUDGET = sources.rule(
    "a budget is for a person who waits at a CPU", "只有在 CPU 上等结果时才需要限时"
)


@dataclass(frozen=True)
class Batch:
    """Rows of one update: a device's batch, its repetitions, and the devices."""

    batch_size: int
    accumulation: int
    devices: int

    @property
    def effective(self) -> int:
        """Rows that one update is made of."""
        return self.batch_size * self.accumulation * self.devices


def wanted_batch(case: Case) -> int:
    """Rows that an update should have."""
    return 8 if case.on_cpu or training_rows(case.rows) < 1000 else 16


def largest_batch(case: Case) -> int:
    """Rows that one device may take at once without passing the wanted batch."""
    return max(1, wanted_batch(case) // case.hardware.count)


def batch(case: Case, fitted: Fit) -> Batch:
    """The batch that fits, repeated until an update has the wanted rows; a CPU times batches."""
    if case.on_cpu:
        return Batch(1, largest_batch(case), case.hardware.count)
    devices = case.hardware.count
    accumulation = max(1, wanted_batch(case) // (fitted.batch_size * devices))
    return Batch(fitted.batch_size, accumulation, devices)


def batch_size(case: Case, fitted: Fit) -> Reasoned[int | str]:
    """Rows that a device computes at once."""
    if case.on_cpu:
        why = Text(
            "`make train` divides the rows of an update into as few batches as memory allows, and "
            "times the two largest",
            "`make train` 在内存允许的范围内取最大的两种批大小，实测后选用较快的",
        )
        return Reasoned(AUTO, why, sources.MEASURED_BATCH)
    value = fitted.batch_size
    if fitted.high_gb is None:
        why = Text(
            "the model's size is unknown, so few at once; raise it when `make check` shows room",
            "模型规模未知，先取较小值；`make check` 显示有余量时可调大",
        )
    else:
        within, within_zh = _within(case)
        peak, take = at_most(fitted.high_gb), "takes" if value == 1 else "take"
        why = Text(
            f"{counted(value, 'row')} of up to {fitted.length:,} tokens {take} "
            f"up to {peak} GB{within}",
            f"{value} 行、每行最多 {fitted.length:,} 个 token，最多占 {peak} GB{within_zh}",
        )
    source = sources.rule(
        "the largest power of two that fits, at most the rows of one update",
        "取放得下的最大的 2 的幂，但不超过一次更新的行数",
    )
    return Reasoned(value, why, source)


def _within(case: Case) -> tuple[str, str]:
    """The memory that is there, for both languages."""
    memory = figure(case.memory_gb)
    if case.memory_gb is None:
        return "; what is there is unknown", f"；可用{memory_zh(case.hardware)}未知"
    if case.on_cpu:
        return (
            f" of {memory}, three quarters of this machine's",
            f"（本机内存的四分之三为 {memory} GB）",
        )
    if case.desktop_gb:
        whole, desktop = figure(case.hardware.accelerator.memory_gb), f"{case.desktop_gb:g} GB"
        return (
            f" of {memory}: {desktop} of {whole} GB are left to a desktop",
            f"（可用 {memory} GB：{whole} GB 中给桌面留 {desktop}）",
        )
    return f" of {memory}", f"（可用 {memory} GB）"


def accumulation(case: Case, value: Batch) -> Reasoned[int]:
    """Batches that are added up before an update; all its rows, where their number is not fixed."""
    if case.on_cpu:
        why = Text(
            f"{value.effective} rows an update, however they are divided: LoRA learns worse from "
            "large batches",
            f"无论怎样分批，每次更新都是 {value.effective} 行：批量过大会降低 LoRA 的效果",
        )
        return Reasoned(value.accumulation, why, sources.LORA_WITHOUT_REGRET)
    en = f"{value.batch_size} x {value.accumulation} x {counted(value.devices, 'device')}"
    why = Text(
        f"{en} = {value.effective} rows an update: LoRA learns worse from large batches",
        f"{value.batch_size} 行 x 累积 {value.accumulation} 次 x {value.devices} 个设备 = 每次更新 "
        f"{value.effective} 行：批量过大会降低 LoRA 的效果",
    )
    if value.effective > LARGEST_EFFECTIVE_BATCH:
        why = Text(
            f"one row on each of {value.devices} devices: above the 31 rows that suit LoRA",
            f"{value.devices} 个设备各一行：已超过 LoRA 适宜的 31 行",
        )
    return Reasoned(value.accumulation, why, sources.LORA_WITHOUT_REGRET)


def updates_made(case: Case, updates: int, effective: int) -> int:
    """The updates of a run; on a CPU those that its time budget is likely to allow."""
    if not case.on_cpu or case.size is None:
        return updates
    machine = case.facts.machine if case.trains_here else None
    cores = machine.cores if machine else MEASURED_CORES
    rows = cpu_rows(case, case.size, minutes=TRAINING_MINUTES, cores=cores)
    return max(1, min(updates, rows // effective))


def epochs(case: Case, effective: int) -> Reasoned[int]:
    """Passes over the training rows."""
    rows = training_rows(case.rows)
    for_fewest = ceil(FEWEST_UPDATES * effective / rows)
    if case.on_cpu:
        return _epochs_on_cpu(case, min(MOST_EPOCHS, for_fewest), effective)
    for_enough = ceil(ENOUGH_UPDATES * effective / rows)
    value = min(MOST_EPOCHS, max(for_fewest, min(USUAL_EPOCHS, for_enough)))
    updates = ceil(rows * value / effective)
    why = Text(
        f"{rows:,} rows / {effective} x {value} = {updates:,} updates; the best checkpoint is kept",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新；保留最好的检查点",
    )
    if value == USUAL_EPOCHS:
        return Reasoned(value, why, sources.LLAMA_FACTORY)
    source = sources.rule(
        f"{USUAL_EPOCHS} passes as LLaMA-Factory's examples have, "
        f"fewer from {ENOUGH_UPDATES:,} updates on, more below {FEWEST_UPDATES}",
        f"与 LLaMA-Factory 示例一样训练 {USUAL_EPOCHS} 轮，"
        f"更新达到 {ENOUGH_UPDATES:,} 次时减少，不足 {FEWEST_UPDATES} 次时增加",
    )
    return Reasoned(value, why, source)


def _epochs_on_cpu(case: Case, value: int, effective: int) -> Reasoned[int]:
    rows = training_rows(case.rows)
    updates = ceil(rows * value / effective)
    why = Text(
        f"{rows:,} rows / {effective} x {value} = {updates:,} updates, where 30 to 60 were enough "
        "for ten intents; a run that the time budget cuts sees less",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新，而十个意图只需 "
        "30 至 60 次；时间预算不够时会少训练一些",
    )
    return Reasoned(value, why, sources.MEASURED_STEPS)


def schedule(case: Case) -> Reasoned[str]:
    """How the learning rate falls."""
    if case.on_cpu:
        why = Text(
            "linear decay to zero, which suits a run that a time budget may shorten",
            "学习率线性降到零，适合可能因时间预算而缩短的训练",
        )
        return Reasoned("linear", why, sources.MEASURED_SCHEDULE)
    why = Text(
        "slow at both ends, to settle before the last checkpoint",
        "首尾变化缓慢，使最后的检查点趋于稳定",
    )
    return Reasoned("cosine", why, sources.LLAMA_FACTORY)


def warmup(case: Case) -> Reasoned[float]:
    """The share of the updates in which the learning rate rises."""
    why = Text(
        "linear warm-up over the first 10 %: Adam's second-moment estimate is unreliable at the "
        "start",
        "前 10% 的更新线性预热：此时 Adam 的二阶矩估计还不可靠",
    )
    source = sources.MEASURED_SCHEDULE if case.on_cpu else sources.LLAMA_FACTORY
    return Reasoned(0.1, why, source)


def evaluations(case: Case, updates: int) -> Reasoned[int]:
    """Validations, each with a checkpoint, in one run."""
    value = 5 if case.on_cpu else min(10, max(5, updates // 50))
    why = Text(
        f"{value} checkpoints to choose the best from, and to resume from, in {updates:,} updates",
        f"{updates:,} 次更新中保存 {value} 个检查点，用于择优和断点续训",
    )
    source = sources.rule(
        "5 to 10, as a crash costs a fifth of a run at most, and validations stay a small part",
        "取 5 至 10 次，中断最多损失五分之一的训练，验证也只占一小部分时间",
    )
    return Reasoned(value, why, source)


def training_minutes(case: Case) -> Reasoned[int | None]:
    """The time budget of training; None where an accelerator trains all rows."""
    if not case.on_cpu:
        why = Text(
            "no budget: an accelerator trains on all rows",
            "不限时：加速卡上用全部数据训练",
        )
        return Reasoned(None, why, NO_BUDGET)
    why = Text(
        f"on a CPU a person waits: {TRAINING_MINUTES} minutes, on a sample if the rows need longer",
        f"CPU 训练较慢，限时 {TRAINING_MINUTES} 分钟；数据太多时抽样训练",
    )
    source = sources.rule(
        "two cores, as measured, learn ten intents in one to two minutes; "
        "slower machines and harder tasks need several times as long",
        "实测两个核一至两分钟可学会十个意图；更慢的机器或更难的任务需要数倍时间",
    )
    return Reasoned(TRAINING_MINUTES, why, source)


def device(case: Case) -> Reasoned[str]:
    """The kind of device that trains."""
    card = case.hardware.accelerator
    why = Text(
        f"precision, batch and time budget are planned for {card.title}; "
        "`make train` refuses a machine without such a device",
        f"精度、批量和时间预算都按 {card.title} 规划；没有这类设备时，`make train` 会拒绝训练",
    )
    source = sources.rule(
        "a plan for an accelerator would take days on a CPU, and nothing would say so",
        "为加速卡做的规划放到 CPU 上可能要训练几天，而且不会有任何提示",
    )
    return Reasoned(card.kind, why, source)


def processes(case: Case) -> Reasoned[int]:
    """How many processes train together: one on each device."""
    why = Text(
        "one on each device; with more or fewer, `make train` keeps the rows of an update",
        "每个设备一个；进程数不同时，`make train` 会保持每次更新的行数不变",
    )
    return Reasoned(case.hardware.count, why, sources.DISTRIBUTED)


def evaluation_minutes(case: Case) -> Reasoned[int | None]:
    """The time budget of an evaluation; None where an accelerator answers."""
    if not case.on_cpu:
        why = Text("no budget: all test rows are answered", "不限时：评估整个测试集")
        return Reasoned(None, why, NO_BUDGET)
    why = Text(
        f"on a CPU a person waits: {EVALUATION_MINUTES} minutes for the whole of `make eval`; "
        "where they are too few, base and tuned model answer the same random sample of test rows",
        f"CPU 评估较慢，整个 `make eval` 限时 {EVALUATION_MINUTES} 分钟；"
        "时间不够时，基座模型与微调后的模型回答同一批随机抽取的测试行",
    )
    return Reasoned(EVALUATION_MINUTES, why, sources.MEASURED_ANSWERS)
