"""How much the adapter can learn, where it sits, and how fast it learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from newft.decide import sources
from newft.decide.case import Case, answer_tokens, figure
from newft.decide.estimate import adapter_parameters
from newft.decide.splits import training_rows
from newft.entries import LORA, Measured, Text, cited
from newft.errors import IncompatibleError
from newft.model import Reasoned

SMALL_MODEL = 1_000_000_000  # parameters
FEW_ROWS = 1000
LARGEST_RANK = 256  # of those that "LoRA Without Regret" recommends
BITS_PER_TOKEN, BITS_PER_PARAMETER = 1, 2  # to learn, at most; to learn with
# "LoRA Without Regret": the best rate is 15 times that of full tuning in runs of fewer than 100
# steps, 10 times in longer ones.
SHORT_RUN, SHORT_RUN_FACTOR = 100, 1.5
T = TypeVar("T")


def rank(case: Case) -> Reasoned[int]:
    """How many directions of each matrix may change: enough to hold what the answers say."""
    start = _of_model(case, case.size.rank if case.size else {}, case.family.rank)
    rows = training_rows(case.rows)
    if case.size is None:
        return start
    bits = rows * answer_tokens(case) * BITS_PER_TOKEN
    of_one = adapter_parameters(case.size, 1, case.family.linear_modules) * BITS_PER_PARAMETER
    value = start.value
    while value < LARGEST_RANK and value * of_one < bits:
        value *= 2
    holds, asked = _bits(value * of_one), _bits(bits)
    if value == start.value:
        why = Text(
            f"{start.why.en}; it holds {holds.en}, and the answers of {rows:,} rows are "
            f"{asked.en} at most",
            f"{start.why.zh}；可容纳 {holds.zh}，而 {rows:,} 行的答案至多 {asked.zh}",
        )
    else:
        why = Text(
            f"the answers of {rows:,} rows are up to {asked.en}, and this rank holds {holds.en}; "
            "with alpha as it is, the learning rate stays",
            f"{rows:,} 行的答案至多 {asked.zh}，该秩可容纳 {holds.zh}；alpha 不变，学习率也不必改",
        )
    return Reasoned(value, why, sources.joined(start.source, sources.CAPACITY))


def _bits(bits: float) -> Text:
    """An amount of information as a reader wants it."""
    if bits < 1e6:
        rounded = f"{round(bits, -2):,.0f}"
        return Text(f"{rounded} bits", f"{rounded} 比特")
    return Text(f"{figure(bits / 1e6)} million bits", f"{bits / 1e4:,.0f} 万比特")


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
            f"{rows:,} 行训练数据对该模型偏少：加少量 dropout 以减轻过拟合",
        )
        return Reasoned(0.05, why, sources.TRL)
    if large:
        why = Text(
            f"{rows:,} training rows need no noise added, and without it a step is faster",
            f"{rows:,} 行训练数据不需要 dropout，每步也更快",
        )
    else:
        why = Text(
            "a small model in a short run learns too little rather than too much",
            "小模型训练时间短，容易欠拟合而不是过拟合",
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


def learning_rate(case: Case, updates: int) -> Reasoned[float]:
    """How far an update moves the adapter; a run of few updates wants larger ones."""
    of_size = case.size.learning_rate if case.size else {}
    usual = _of_model(case, of_size, case.family.learning_rate)
    owner = case.size if case.size and of_size.get(LORA) else case.family
    short = owner.short_run.get(LORA)
    if short:
        if updates > short.updates:
            return usual
        measured = short.learning_rate
        return Reasoned(measured.value, measured.why, cited(measured.source))
    if updates >= SHORT_RUN:
        return usual
    of_long = f"{usual.value:.1e}".replace("e-0", "e-")
    why = Text(
        f"{updates:,} updates are few: half again the usual {of_long} ({usual.why.en})",
        f"只有 {updates:,} 次更新，取通常值 {of_long} 的 1.5 倍（{usual.why.zh}）",
    )
    value = float(f"{usual.value * SHORT_RUN_FACTOR:.2g}")
    return Reasoned(value, why, sources.joined(sources.LORA_WITHOUT_REGRET, usual.source))


def _of_model(
    case: Case, of_size: Mapping[str, Measured[T]], of_family: Mapping[str, Measured[T]]
) -> Reasoned[T]:
    """The size's own value for this method, else its family's."""
    value = of_size.get(LORA) or of_family.get(LORA)
    if value is None:
        raise _without_method(case)
    return Reasoned(value.value, value.why, cited(value.source))


def _without_method(case: Case) -> IncompatibleError:
    title, known = case.family.title, sorted(case.family.targets)
    return IncompatibleError(
        Text(
            f"{title} has no values for `{LORA}`, only for: {', '.join(known) or 'no method'}",
            f"{title} 没有 `{LORA}` 的参数，已有参数的方法：{'、'.join(known) or '无'}",
        ),
        where="method",
        hint=Text(
            "choose another family: `newft show families`",
            "请换一个模型系列：`newft show families`",
        ),
    )
