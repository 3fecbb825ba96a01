"""Choose the training schedule: epochs, learning-rate schedule, evaluations, time budgets."""

from __future__ import annotations

from math import ceil

from newft.decide import citations
from newft.decide.estimate.duration import MEASURED_CORES, estimate_cpu_rows
from newft.decide.inputs import Inputs
from newft.decide.methods.catalog_values import find_epochs, get_updates_to_learn
from newft.decide.split_reasons import count_training_rows
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text

CPU_TRAINING_MINUTES = 10
CPU_EVALUATION_MINUTES = 5
SUFFICIENT_UPDATES = 3000
MAX_EPOCHS = 10
DEFAULT_EPOCHS = 3
NO_TIME_BUDGET = citations.cite_own_rule(
    "only runs on a CPU have a time budget", "只有在 CPU 上运行才限时"
)


def estimate_updates(inputs: Inputs, updates: int, effective: int) -> int:
    """Estimate the updates of a run; on a CPU at most those that fit into its time budget."""
    if not inputs.times_steps or inputs.size is None:
        return updates
    machine = inputs.facts.machine if inputs.trains_here else None
    cores = machine.cores if machine else MEASURED_CORES
    rows = estimate_cpu_rows(inputs, inputs.size, minutes=CPU_TRAINING_MINUTES, cores=cores)
    return max(1, min(updates, rows // effective))


def choose_epochs(inputs: Inputs, effective: int) -> Reasoned[int]:
    """Choose the number of epochs."""
    published = find_epochs(inputs)
    if published is not None:
        return published
    rows = count_training_rows(inputs.facts.data)
    # twice as many as are needed, since tasks differ
    min_updates = 2 * get_updates_to_learn(inputs).value
    min_epochs = ceil(min_updates * effective / rows)
    if inputs.times_steps:
        return _choose_cpu_epochs(inputs, min(MAX_EPOCHS, min_epochs), effective)
    sufficient_epochs = ceil(SUFFICIENT_UPDATES * effective / rows)
    value = min(MAX_EPOCHS, max(min_epochs, min(DEFAULT_EPOCHS, sufficient_epochs)))
    updates = ceil(rows * value / effective)
    why = Text(
        f"{rows:,} rows / {effective} per update x {value} epochs = {updates:,} updates; the best "
        "checkpoint is kept",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新；保留最好的检查点",
    )
    if value == DEFAULT_EPOCHS:
        return Reasoned(value, why, as_citation(inputs.method.examples))
    source = citations.cite_own_rule(
        f"{DEFAULT_EPOCHS} epochs, as in LLaMA-Factory's examples; "
        f"fewer above {SUFFICIENT_UPDATES:,} updates, more below {min_updates}",
        f"与 LLaMA-Factory 示例一样训练 {DEFAULT_EPOCHS} 轮，"
        f"更新超过 {SUFFICIENT_UPDATES:,} 次时减少，不足 {min_updates} 次时增加",
    )
    return Reasoned(value, why, source)


def _choose_cpu_epochs(inputs: Inputs, value: int, effective: int) -> Reasoned[int]:
    rows = count_training_rows(inputs.facts.data)
    updates = ceil(rows * value / effective)
    needed = get_updates_to_learn(inputs)
    why = Text(
        f"{rows:,} rows / {effective} per update x {value} epochs = {updates:,} updates; "
        f"{needed.why.en}; the time budget may end the run earlier",
        f"{rows:,} 行 / 每次 {effective} 行 x {value} 轮 = {updates:,} 次更新；"
        f"{needed.why.zh}；时间预算用完时提前结束",
    )
    return Reasoned(value, why, needed.source)


def choose_lr_scheduler(inputs: Inputs) -> Reasoned[str]:
    """Choose the learning-rate schedule."""
    if inputs.times_steps:
        why = Text(
            "linear decay to zero, which also suits a run that the time budget shortens",
            "学习率线性衰减到零，因时间预算而提前结束的训练也适用",
        )
        return Reasoned("linear", why, citations.MEASURED_SCHEDULE)
    why = Text(
        "cosine decay: the learning rate changes slowly at the end, so that the last checkpoints "
        "converge",
        "余弦衰减：末尾学习率变化缓慢，最后几个检查点更稳定",
    )
    return Reasoned("cosine", why, as_citation(inputs.method.examples))


def choose_warmup_ratio(inputs: Inputs) -> Reasoned[float]:
    """Choose the share of the updates with learning-rate warm-up."""
    why = Text(
        "linear warm-up over the first 10 %: Adam's second-moment estimate is unreliable at the "
        "start",
        "训练刚开始时 Adam 的二阶矩估计还不可靠，故前 10% 的更新做线性预热",
    )
    source = (
        citations.MEASURED_SCHEDULE if inputs.times_steps else as_citation(inputs.method.examples)
    )
    return Reasoned(0.1, why, source)


def choose_num_evaluations(inputs: Inputs, updates: int) -> Reasoned[int]:
    """Choose how often a run is evaluated on the validation rows, each time with a checkpoint."""
    value = 5 if inputs.times_steps else min(10, max(5, updates // 50))
    why = Text(
        f"{value} checkpoints in {updates:,} updates, to keep the best one and to resume from",
        f"{updates:,} 次更新中保存 {value} 个检查点，用于择优和断点续训",
    )
    source = citations.cite_own_rule(
        "5 to 10, since an interruption loses at most a fifth of the run, and validation takes a "
        "small part of the time",
        "取 5 至 10 次，中断最多损失五分之一的训练，验证也只占一小部分时间",
    )
    return Reasoned(value, why, source)


def choose_training_minutes(inputs: Inputs) -> Reasoned[int | None]:
    """Choose the time budget of training; None on an accelerator."""
    if not inputs.times_steps:
        why = Text(
            "no time budget: an accelerator trains on all rows",
            "不限时：加速卡上用全部数据训练",
        )
        return Reasoned(None, why, NO_TIME_BUDGET)
    why = Text(
        f"a CPU is slow, so training is limited to {CPU_TRAINING_MINUTES} minutes, on a sample if "
        "all rows take longer",
        f"CPU 较慢，训练限时 {CPU_TRAINING_MINUTES} 分钟；数据太多时抽样训练",
    )
    source = citations.cite_own_rule(
        "two cores, as measured on SmolLM2-135M-Instruct, learn ten labels in one to two "
        "minutes; larger models, slower machines and harder tasks need several times as long",
        "在 SmolLM2-135M-Instruct 上实测，两个核一至两分钟可学会十个标签；"
        "更大的模型、更慢的机器或更难的任务需要数倍时间",
    )
    return Reasoned(CPU_TRAINING_MINUTES, why, source)


def choose_device(inputs: Inputs) -> Reasoned[str]:
    """Choose the kind of device that the plan is made for."""
    card = inputs.hardware.accelerator
    if inputs.on_cpu:
        why = Text(
            "precision, batch size and time budget are planned for a CPU, which trains even if the "
            "machine has an accelerator",
            "精度、批大小和时间预算都按 CPU 规划；即使机器上有加速卡，训练也只用 CPU",
        )
        source = citations.cite_own_rule(
            "a run uses the device that it was planned for", "按哪种设备规划，就在哪种设备上训练"
        )
        return Reasoned(card.kind, why, source)
    why = Text(
        f"precision and batch size are planned for {card.title}; `make train` fails on a machine "
        "without such a device",
        f"精度和批大小都按 {card.title} 规划；机器上没有这类设备时，`make train` 会报错",
    )
    source = citations.cite_own_rule(
        "a plan for an accelerator could run for days on a CPU without any warning",
        "按加速卡规划的训练放到 CPU 上可能要跑几天，而且没有任何提示",
    )
    return Reasoned(card.kind, why, source)


def choose_num_processes(inputs: Inputs) -> Reasoned[int]:
    """Choose the number of training processes: one per device."""
    if inputs.on_cpu:
        why = Text("all cores of a CPU work for one process", "一个进程即可用上 CPU 的全部核心")
        source = citations.cite_own_rule(
            "several processes would take turns on the same cores", "多个进程只会争用同一批核心"
        )
        return Reasoned(inputs.hardware.count, why, source)
    why = Text(
        "one per device; with another number of processes, `make train` keeps the number of rows "
        "per update",
        "每个设备一个；进程数不同时，`make train` 会保持每次更新的行数不变",
    )
    return Reasoned(inputs.hardware.count, why, citations.TORCH_DISTRIBUTED)


def choose_evaluation_minutes(inputs: Inputs) -> Reasoned[int | None]:
    """Choose the time budget of an evaluation; None on an accelerator."""
    if not inputs.times_steps:
        why = Text("no time budget: all test rows are predicted", "不限时：评估整个测试集")
        return Reasoned(None, why, NO_TIME_BUDGET)
    why = Text(
        f"a CPU is slow, so `make eval` is limited to {CPU_EVALUATION_MINUTES} minutes; if that is "
        "too short, base and tuned model predict the same random sample of the test rows",
        f"CPU 较慢，`make eval` 总共限时 {CPU_EVALUATION_MINUTES} 分钟；"
        "时间不够时，基座模型与微调后的模型预测同一批随机抽取的测试数据",
    )
    return Reasoned(CPU_EVALUATION_MINUTES, why, citations.MEASURED_EVAL_SPEED)
