"""How much the adapter can learn, where it sits, and how fast it learns."""

from __future__ import annotations

from math import log2

from newft.decide import sources
from newft.decide.case import Case, figure
from newft.decide.estimate import adapter_parameters
from newft.decide.splits import training_rows
from newft.entries import Measured, Text, cited
from newft.errors import IncompatibleError
from newft.model import Reasoned

METHOD = "lora"
SMALL_MODEL = 1_000_000_000  # parameters; below, rank 8 is measured
FEW_ROWS = 1000
BITS_PER_PARAMETER = 2


def rank(case: Case) -> Reasoned[int]:
    """How many directions of each matrix may change."""
    small = case.size is not None and case.size.parameters < SMALL_MODEL
    value = 8 if small else 16
    rows = training_rows(case.rows)
    needed = max(1, round(rows * log2(max(2, case.labels)) / BITS_PER_PARAMETER))
    en = f"{rows:,} training rows and {case.labels} labels fill some {needed:,} parameters"
    zh = f"{rows:,} 行训练数据、{case.labels} 个标签约占用 {needed:,} 个参数的容量"
    if case.size is None:
        why = Text(f"{en}; rank {value} has millions", f"{zh}；秩 {value} 有数百万个参数")
        return Reasoned(value, why, sources.joined(sources.CAPACITY, sources.TRL))
    capacity = adapter_parameters(case.size, value)
    why = Text(
        f"{en}; rank {value} has {figure(capacity / 1e6)} million",
        f"{zh}；秩 {value} 有 {figure(capacity / 1e4)} 万个参数",
    )
    source = sources.MEASURED_RANK if small else sources.TRL
    return Reasoned(value, why, sources.joined(sources.CAPACITY, source))


def alpha(case: Case, rank_value: int) -> Reasoned[int]:
    """The scale of the adapter's output, divided by the rank."""
    why = Text(
        f"twice the rank of {rank_value}: the scale that this learning rate was chosen at",
        f"秩 {rank_value} 的两倍：学习率即在此缩放下选定",
    )
    small = case.size is not None and case.size.parameters < SMALL_MODEL
    source = sources.MEASURED_RANK if small else sources.TRL
    return Reasoned(2 * rank_value, why, source)


def dropout(case: Case) -> Reasoned[float]:
    """The share of the adapter's inputs that each step ignores."""
    rows = training_rows(case.rows)
    large = case.size is None or case.size.parameters >= SMALL_MODEL
    if large and rows < FEW_ROWS:
        why = Text(
            f"{rows:,} training rows are few for this model: some noise against learning by heart",
            f"{rows:,} 行训练数据对该模型偏少：加少许随机丢弃，避免死记硬背",
        )
        return Reasoned(0.05, why, sources.TRL)
    if large:
        why = Text(
            f"{rows:,} training rows need no noise added, and without it a step is faster",
            f"{rows:,} 行训练数据无需随机丢弃，每步也更快",
        )
    else:
        why = Text(
            "a small model in a short run learns too little rather than too much",
            "小模型短时间训练，问题是学得太少而不是太多",
        )
    return Reasoned(0.0, why, sources.LLAMA_FACTORY)


def targets(case: Case) -> Reasoned[str | tuple[str, ...]]:
    """The matrices that get an adapter."""
    family = case.family
    if METHOD not in family.targets:
        raise _without_method(case)
    modules = ", ".join(family.linear_modules)
    why = Text(
        f"every linear layer of a block ({modules}): attention alone learns less",
        f"每个块的全部线性层（{modules}）：只训练注意力层效果较差",
    )
    source = sources.joined(sources.LORA_WITHOUT_REGRET, family.sources[0])
    return Reasoned(family.targets[METHOD], why, source)


def learning_rate(case: Case) -> Reasoned[float]:
    """The model's own value for this method: it depends on neither rank nor rows."""
    of_size = case.size.learning_rate if case.size else {}
    value: Measured[float] | None = of_size.get(METHOD) or case.family.learning_rate.get(METHOD)
    if value is None:
        raise _without_method(case)
    return Reasoned(value.value, value.why, cited(value.source))


def _without_method(case: Case) -> IncompatibleError:
    known = ", ".join(sorted(case.family.targets)) or "none"
    return IncompatibleError(
        f"{case.family.title} has no values for `{METHOD}`; it has: {known}",
        where="method",
        hint="choose another family: `newft show families`",
    )
