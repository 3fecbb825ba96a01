"""How often the weights are updated, on how many rows, and how that is watched."""

from __future__ import annotations

from math import ceil

from newft.decide import citations
from newft.decide.duration import MEASURED_CORES, estimate_cpu_rows
from newft.decide.inputs import Inputs
from newft.decide.splits import count_training_rows
from newft.schema.reasoned import Reasoned
from newft.text import Text

CPU_TRAINING_MINUTES = 10  # on a CPU, where a person waits
CPU_EVALUATION_MINUTES = 5
MIN_UPDATES = 120  # twice the 60 after which ten intents were learned
SUFFICIENT_UPDATES = 3000
MAX_EPOCHS = 10
DEFAULT_EPOCHS = 3
NO_TIME_BUDGET = citations.house_rule(
    "a budget is for a person who waits at a CPU", "只有在 CPU 上等结果时才需要限时"
)


def estimate_updates(inputs: Inputs, updates: int, effective: int) -> int:
    """The updates of a run; on a CPU those that its time budget is likely to allow."""
    if not inputs.on_cpu or inputs.size is None:
        return updates
    machine = inputs.facts.machine if inputs.trains_here else None
    cores = machine.cores if machine else MEASURED_CORES
    rows = estimate_cpu_rows(inputs, inputs.size, minutes=CPU_TRAINING_MINUTES, cores=cores)
    return max(1, min(updates, rows // effective))


def choose_epochs(inputs: Inputs, effective: int) -> Reasoned[int]:
    """Passes over the training rows."""
    rows = count_training_rows(inputs.rows)
    for_fewest = ceil(MIN_UPDATES * effective / rows)
    if inputs.on_cpu:
        return _choose_cpu_epochs(inputs, min(MAX_EPOCHS, for_fewest), effective)
    for_enough = ceil(SUFFICIENT_UPDATES * effective / rows)
    value = min(MAX_EPOCHS, max(for_fewest, min(DEFAULT_EPOCHS, for_enough)))
    updates = ceil(rows * value / effective)
    why = Text(
        f"{rows:,} rows / {effective} x {value} = {updates:,} updates; the best checkpoint is kept",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新；保留最好的检查点",
    )
    if value == DEFAULT_EPOCHS:
        return Reasoned(value, why, citations.LLAMA_FACTORY)
    source = citations.house_rule(
        f"{DEFAULT_EPOCHS} passes as LLaMA-Factory's examples have, "
        f"fewer from {SUFFICIENT_UPDATES:,} updates on, more below {MIN_UPDATES}",
        f"与 LLaMA-Factory 示例一样训练 {DEFAULT_EPOCHS} 轮，"
        f"更新达到 {SUFFICIENT_UPDATES:,} 次时减少，不足 {MIN_UPDATES} 次时增加",
    )
    return Reasoned(value, why, source)


def _choose_cpu_epochs(inputs: Inputs, value: int, effective: int) -> Reasoned[int]:
    rows = count_training_rows(inputs.rows)
    updates = ceil(rows * value / effective)
    why = Text(
        f"{rows:,} rows / {effective} x {value} = {updates:,} updates, where 30 to 60 were enough "
        "for ten intents; a run that the time budget cuts sees less",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新，而十个意图只需 "
        "30 至 60 次；时间预算不够时会少训练一些",
    )
    return Reasoned(value, why, citations.MEASURED_STEPS)


def choose_lr_scheduler(inputs: Inputs) -> Reasoned[str]:
    """How the learning rate falls."""
    if inputs.on_cpu:
        why = Text(
            "linear decay to zero, which suits a run that a time budget may shorten",
            "学习率线性降到零，适合可能因时间预算而缩短的训练",
        )
        return Reasoned("linear", why, citations.MEASURED_SCHEDULE)
    why = Text(
        "slow at both ends, to settle before the last checkpoint",
        "首尾变化缓慢，使最后的检查点趋于稳定",
    )
    return Reasoned("cosine", why, citations.LLAMA_FACTORY)


def choose_warmup_ratio(inputs: Inputs) -> Reasoned[float]:
    """The share of the updates in which the learning rate rises."""
    why = Text(
        "linear warm-up over the first 10 %: Adam's second-moment estimate is unreliable at the "
        "start",
        "前 10% 的更新线性预热：此时 Adam 的二阶矩估计还不可靠",
    )
    source = citations.MEASURED_SCHEDULE if inputs.on_cpu else citations.LLAMA_FACTORY
    return Reasoned(0.1, why, source)


def choose_num_evaluations(inputs: Inputs, updates: int) -> Reasoned[int]:
    """Validations, each with a checkpoint, in one run."""
    value = 5 if inputs.on_cpu else min(10, max(5, updates // 50))
    why = Text(
        f"{value} checkpoints to choose the best from, and to resume from, in {updates:,} updates",
        f"{updates:,} 次更新中保存 {value} 个检查点，用于择优和断点续训",
    )
    source = citations.house_rule(
        "5 to 10, as a crash costs a fifth of a run at most, and validations stay a small part",
        "取 5 至 10 次，中断最多损失五分之一的训练，验证也只占一小部分时间",
    )
    return Reasoned(value, why, source)


def choose_training_minutes(inputs: Inputs) -> Reasoned[int | None]:
    """The time budget of training; None where an accelerator trains all rows."""
    if not inputs.on_cpu:
        why = Text(
            "no budget: an accelerator trains on all rows",
            "不限时：加速卡上用全部数据训练",
        )
        return Reasoned(None, why, NO_TIME_BUDGET)
    why = Text(
        f"on a CPU a person waits: {CPU_TRAINING_MINUTES} minutes, on a sample if the rows need "
        "longer",
        f"CPU 训练较慢，限时 {CPU_TRAINING_MINUTES} 分钟；数据太多时抽样训练",
    )
    source = citations.house_rule(
        "two cores, as measured, learn ten intents in one to two minutes; "
        "slower machines and harder tasks need several times as long",
        "实测两个核一至两分钟可学会十个意图；更慢的机器或更难的任务需要数倍时间",
    )
    return Reasoned(CPU_TRAINING_MINUTES, why, source)


def choose_device(inputs: Inputs) -> Reasoned[str]:
    """The kind of device that trains."""
    card = inputs.hardware.accelerator
    why = Text(
        f"precision, batch and time budget are planned for {card.title}; "
        "`make train` refuses a machine without such a device",
        f"精度、批量和时间预算都按 {card.title} 规划；没有这类设备时，`make train` 会拒绝训练",
    )
    source = citations.house_rule(
        "a plan for an accelerator would take days on a CPU, and nothing would say so",
        "为加速卡做的规划放到 CPU 上可能要训练几天，而且不会有任何提示",
    )
    return Reasoned(card.kind, why, source)


def choose_num_processes(inputs: Inputs) -> Reasoned[int]:
    """How many processes train together: one on each device."""
    why = Text(
        "one on each device; with more or fewer, `make train` keeps the rows of an update",
        "每个设备一个；进程数不同时，`make train` 会保持每次更新的行数不变",
    )
    return Reasoned(inputs.hardware.count, why, citations.TORCH_DISTRIBUTED)


def choose_evaluation_minutes(inputs: Inputs) -> Reasoned[int | None]:
    """The time budget of an evaluation; None where an accelerator answers."""
    if not inputs.on_cpu:
        why = Text("no budget: all test rows are answered", "不限时：评估整个测试集")
        return Reasoned(None, why, NO_TIME_BUDGET)
    why = Text(
        f"on a CPU a person waits: {CPU_EVALUATION_MINUTES} minutes for the whole of `make eval`; "
        "where they are too few, base and tuned model answer the same random sample of test rows",
        f"CPU 评估较慢，整个 `make eval` 限时 {CPU_EVALUATION_MINUTES} 分钟；"
        "时间不够时，基座模型与微调后的模型回答同一批随机抽取的测试行",
    )
    return Reasoned(CPU_EVALUATION_MINUTES, why, citations.MEASURED_EVAL_SPEED)
