"""How much the adapter can learn, where it sits, and how fast it learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from newft.decide import sources
from newft.decide.case import Case
from newft.decide.splits import training_rows
from newft.entries import LORA, Measured, Text, cited
from newft.errors import IncompatibleError
from newft.model import Reasoned

SMALL_MODEL = 1_000_000_000  # parameters
FEW_ROWS = 1000
T = TypeVar("T")


def rank(case: Case) -> Reasoned[int]:
    """How many directions of each matrix may change."""
    return _of_model(case, case.size.rank if case.size else {}, case.family.rank)


def alpha(case: Case) -> Reasoned[int]:
    """The scale of the adapter's output, divided by the rank."""
    return _of_model(case, case.size.alpha if case.size else {}, case.family.alpha)


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
    if LORA not in family.targets:
        raise _without_method(case)
    modules = ", ".join(family.linear_modules)
    why = Text(
        f"every linear layer of a block ({modules}): attention alone learns less",
        f"每个块的全部线性层（{modules}）：只训练注意力层效果较差",
    )
    return Reasoned(family.targets[LORA], why, sources.LORA_WITHOUT_REGRET)


def learning_rate(case: Case) -> Reasoned[float]:
    """How far an update moves the adapter."""
    of_size = case.size.learning_rate if case.size else {}
    return _of_model(case, of_size, case.family.learning_rate)


def _of_model(
    case: Case, of_size: Mapping[str, Measured[T]], of_family: Mapping[str, Measured[T]]
) -> Reasoned[T]:
    """The size's own value for this method, else its family's."""
    value = of_size.get(LORA) or of_family.get(LORA)
    if value is None:
        raise _without_method(case)
    return Reasoned(value.value, value.why, cited(value.source))


def _without_method(case: Case) -> IncompatibleError:
    known = ", ".join(sorted(case.family.targets)) or "none"
    return IncompatibleError(
        f"{case.family.title} has no values for `{LORA}`; it has: {known}",
        where="method",
        hint="choose another family: `newft show families`",
    )
