"""Choose the LoRA hyperparameters: rank, alpha, dropout, target modules, learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from newft.decide import citations
from newft.decide.inputs import Inputs
from newft.decide.memory import count_adapter_parameters
from newft.decide.number_format import format_number
from newft.decide.splits import count_training_rows
from newft.decide.token_estimates import estimate_target_tokens
from newft.errors import IncompatibleError
from newft.schema.family import LORA
from newft.schema.reasoned import Reasoned, Sourced, as_citation
from newft.text import Text

SMALL_MODEL_PARAMETERS = 1_000_000_000
SMALL_DATASET_ROWS = 1000
MAX_RANK = 256  # the largest that "LoRA Without Regret" recommends
BITS_PER_TOKEN = 1  # information in a token of the target, at most
BITS_PER_PARAMETER = 2  # capacity of a trained parameter
# "LoRA Without Regret": the best learning rate is 15 times that of full fine-tuning in runs of
# fewer than 100 steps, 10 times in longer ones.
SHORT_RUN_UPDATES = 100
SHORT_RUN_LR_FACTOR = 1.5
T = TypeVar("T")


def choose_rank(inputs: Inputs) -> Reasoned[int]:
    """Choose the LoRA rank: large enough for the information in the targets."""
    start = _get_method_value(inputs, inputs.size.rank if inputs.size else {}, inputs.family.rank)
    rows = count_training_rows(inputs.rows)
    if inputs.size is None:
        return start
    bits = rows * estimate_target_tokens(inputs) * BITS_PER_TOKEN
    of_one = (
        count_adapter_parameters(inputs.size, 1, inputs.family.linear_modules) * BITS_PER_PARAMETER
    )
    value = start.value
    while value < MAX_RANK and value * of_one < bits:
        value *= 2
    holds, asked = _format_bits(value * of_one), _format_bits(bits)
    if value == start.value:
        why = Text(
            f"{start.why.en}; its capacity is {holds.en}, and the targets of {rows:,} rows hold "
            f"at most {asked.en}",
            f"{start.why.zh}；容量约 {holds.zh}，而 {rows:,} 行的答案至多 {asked.zh}",
        )
    else:
        why = Text(
            f"the targets of {rows:,} rows hold up to {asked.en}, and the capacity of this rank is "
            f"{holds.en}; with alpha unchanged, the learning rate needs no change",
            f"{rows:,} 行的答案至多 {asked.zh}，该秩容量约 {holds.zh}；alpha 不变，学习率不必改",
        )
    return Reasoned(value, why, citations.join_citations(start.source, citations.ADAPTER_CAPACITY))


def _format_bits(bits: float) -> Text:
    """Format an amount of information."""
    if bits < 1e6:
        rounded = f"{round(bits, -2):,.0f}"
        return Text(f"{rounded} bits", f"{rounded} 比特")
    return Text(f"{format_number(bits / 1e6)} million bits", f"{bits / 1e4:,.0f} 万比特")


def choose_alpha(inputs: Inputs) -> Reasoned[int]:
    """Choose alpha: the adapter's output is scaled by alpha / rank."""
    return _get_method_value(inputs, inputs.size.alpha if inputs.size else {}, inputs.family.alpha)


def choose_dropout(inputs: Inputs) -> Reasoned[float]:
    """Choose the dropout of the adapter's input."""
    rows = count_training_rows(inputs.rows)
    large = inputs.size is None or inputs.size.parameters >= SMALL_MODEL_PARAMETERS
    if large and rows < SMALL_DATASET_ROWS:
        why = Text(
            f"{rows:,} training rows are few for this model: dropout reduces overfitting",
            f"{rows:,} 行训练数据对该模型偏少：加少量 dropout 以减轻过拟合",
        )
        return Reasoned(0.05, why, citations.TRL_DOCS)
    if large:
        why = Text(
            f"{rows:,} training rows need no dropout, and steps are faster without it",
            f"{rows:,} 行训练数据不需要 dropout，每步也更快",
        )
    else:
        why = Text(
            "a small model in a short run underfits rather than overfits",
            "小模型训练时间短，容易欠拟合而不是过拟合",
        )
    return Reasoned(0.0, why, citations.LLAMA_FACTORY)


def choose_target_modules(inputs: Inputs) -> Reasoned[str | tuple[str, ...]]:
    """Choose the linear modules that get an adapter."""
    family = inputs.family
    if LORA not in family.targets:
        raise _make_unsupported_method_error(inputs)
    modules = ", ".join(family.linear_modules)
    why = Text(
        f"all linear modules of a block ({modules}): attention modules alone learn less",
        f"每个块的全部线性层（{modules}）：只训练注意力层效果较差",
    )
    return Reasoned(family.targets[LORA], why, citations.LORA_WITHOUT_REGRET)


def choose_learning_rate(inputs: Inputs, updates: int) -> Reasoned[float]:
    """Choose the learning rate; runs with few updates need a higher one."""
    of_size = inputs.size.learning_rate if inputs.size else {}
    usual = _get_method_value(inputs, of_size, inputs.family.learning_rate)
    owner = inputs.size if inputs.size and of_size.get(LORA) else inputs.family
    short = owner.short_run.get(LORA)
    if short:
        if updates > short.updates:
            return usual
        measured = short.learning_rate
        return Reasoned(measured.value, measured.why, as_citation(measured.source))
    if updates >= SHORT_RUN_UPDATES:
        return usual
    of_long = f"{usual.value:.1e}".replace("e-0", "e-")
    why = Text(
        f"{updates:,} updates are few: 1.5 times the usual {of_long} ({usual.why.en})",
        f"只有 {updates:,} 次更新，取通常值 {of_long} 的 1.5 倍（{usual.why.zh}）",
    )
    value = float(f"{usual.value * SHORT_RUN_LR_FACTOR:.2g}")
    return Reasoned(
        value, why, citations.join_citations(citations.LORA_WITHOUT_REGRET, usual.source)
    )


def _get_method_value(
    inputs: Inputs, of_size: Mapping[str, Sourced[T]], of_family: Mapping[str, Sourced[T]]
) -> Reasoned[T]:
    """Return the model's own value for this method, or else its family's."""
    value = of_size.get(LORA) or of_family.get(LORA)
    if value is None:
        raise _make_unsupported_method_error(inputs)
    return Reasoned(value.value, value.why, as_citation(value.source))


def _make_unsupported_method_error(inputs: Inputs) -> IncompatibleError:
    title, known = inputs.family.title, sorted(inputs.family.targets)
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
