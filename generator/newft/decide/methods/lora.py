"""LoRA: trains low-rank matrices beside frozen weights."""

from __future__ import annotations

from collections.abc import Mapping

from newft.decide import citations
from newft.decide.estimate.memory import (
    BYTES_PER_WEIGHT,
    WEIGHTS_MARGIN,
    Range,
    StateEstimator,
    TrainingState,
)
from newft.decide.estimate.parameter_count import count_adapter_parameters
from newft.decide.estimate.token_estimates import estimate_longest_target_tokens
from newft.decide.inputs import Inputs
from newft.decide.methods.adapter_size import count_lora_parameters
from newft.decide.methods.catalog_values import find_fixed_value, get_learning_rate, get_value
from newft.decide.number_format import format_number
from newft.decide.split_reasons import count_training_rows
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text

# 2 in the forward pass, 2 in the backward pass to activations; frozen weights need no gradient
FLOPS_PER_PARAMETER = 4
MODELS_IN_EVALUATION = 1  # without its adapter, the model is the base model
CAN_CHECKPOINT = True
FLAGS = ("rslora", "dora", "pissa", "loraplus_lr_ratio")  # variants of LoRA, off by default

# Of a parameter of the adapter: it and its gradient in 16 or 32 bit, and two moments of AdamW in 32
# bit. The estimates are calibrated: tests/decide/test_memory.py compares them with what
# LLaMA-Factory, Unsloth, torchtune and Qwen publish for LoRA in 16 bit.
BYTES_PER_ADAPTER_WEIGHT, BYTES_PER_GRADIENT, BYTES_PER_MOMENTS = (2, 4), (2, 4), (8, 8)

SMALL_MODEL_PARAMETERS = 1_000_000_000
SMALL_DATASET_ROWS = 1000
MAX_RANK = 256  # the largest that "LoRA Without Regret" recommends
BITS_PER_TOKEN = 1  # information in a token of the target, at most
BITS_PER_PARAMETER = 2  # capacity of a trained parameter
# "LoRA Without Regret": the best learning rate is 15 times that of full fine-tuning in runs of
# fewer than 100 steps, 10 times in longer ones.
SHORT_RUN_UPDATES = 100
SHORT_RUN_LR_FACTOR = 1.5

LORA_WITHOUT_REGRET = as_citation('"LoRA Without Regret", https://thinkingmachines.ai/blog/lora/')
ADAPTER_CAPACITY = citations.cite_link(
    '"LoRA Without Regret" (about 1 bit per token; any rank suffices whose capacity exceeds the '
    'data), https://thinkingmachines.ai/blog/lora/; "Physics of Language Models: Part 3.3" (2 bits '
    "per parameter)",
    '"LoRA Without Regret"（每个 token 约 1 比特，秩的容量超过数据量即可），'
    'https://thinkingmachines.ai/blog/lora/ ；"Physics of Language Models: Part 3.3"'
    "（每个参数 2 比特）",
    "https://arxiv.org/abs/2404.05405",
)
TRL_DOCS = citations.cite_link(
    "defaults of the TRL command-line tool",
    "TRL 命令行的默认值",
    "https://huggingface.co/docs/trl/peft_integration",
)


def choose_values(inputs: Inputs) -> Mapping[str, Reasoned[MethodValue]]:
    """Choose rank, alpha, dropout, what gets an adapter, and the variants of LoRA."""
    targets = {"target_modules": choose_target_modules(inputs)}
    if inputs.family.expert_parameters:
        targets["target_parameters"] = choose_target_parameters(inputs)
    return {
        "rank": choose_rank(inputs, {name: chosen.value for name, chosen in targets.items()}),
        "alpha": get_value(inputs, "alpha"),
        "dropout": choose_dropout(inputs),
        **targets,
        **{name: get_value(inputs, name) for name in FLAGS if name in inputs.method.values},
    }


def choose_rank(inputs: Inputs, targets: Mapping[str, MethodValue]) -> Reasoned[MethodValue]:
    """Choose the LoRA rank: large enough for the information in the targets."""
    start = get_value(inputs, "rank")
    rank = int(start.value)  # type: ignore[arg-type]
    rows = count_training_rows(inputs.facts.data)
    if inputs.size is None:
        return Reasoned(rank, start.why, start.source)
    bits = rows * estimate_longest_target_tokens(inputs) * BITS_PER_TOKEN
    of_one = count_lora_parameters(inputs.size, inputs.family, targets, rank=1) * BITS_PER_PARAMETER
    value = rank
    while value < MAX_RANK and value * of_one < bits:
        value *= 2
    holds, asked = _format_bits(value * of_one), _format_bits(bits)
    if value == rank:
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
    return Reasoned(value, why, citations.join_citations(start.source, ADAPTER_CAPACITY))


def _format_bits(bits: float) -> Text:
    """Format an amount of information."""
    if bits < 1e6:
        rounded = f"{round(bits, -2):,.0f}"
        return Text(f"{rounded} bits", f"{rounded} 比特")
    return Text(f"{format_number(bits / 1e6)} million bits", f"{bits / 1e4:,.0f} 万比特")


def choose_dropout(inputs: Inputs) -> Reasoned[MethodValue]:
    """Choose the dropout of the adapter's input."""
    fixed = find_fixed_value(inputs, "dropout")
    if fixed is not None:
        return fixed
    rows = count_training_rows(inputs.facts.data)
    large = inputs.size is None or inputs.size.parameters >= SMALL_MODEL_PARAMETERS
    if large and rows < SMALL_DATASET_ROWS:
        why = Text(
            f"{rows:,} training rows are few for this model: dropout reduces overfitting",
            f"{rows:,} 行训练数据对该模型偏少：加少量 dropout 以减轻过拟合",
        )
        return Reasoned(0.05, why, TRL_DOCS)
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
    return Reasoned(0.0, why, as_citation(inputs.method.examples))


def choose_target_modules(inputs: Inputs) -> Reasoned[MethodValue]:
    """Choose the linear modules that get an adapter."""
    targets = get_value(inputs, "target_modules")
    modules = ", ".join(inputs.family.linear_modules)
    why = Text(targets.why.en.format(modules=modules), targets.why.zh.format(modules=modules))
    return Reasoned(targets.value, why, targets.source)


def choose_target_parameters(inputs: Inputs) -> Reasoned[MethodValue]:
    """Choose the weights of experts that get an adapter; says what all of them would take."""
    chosen, names = get_value(inputs, "target_parameters"), inputs.family.expert_parameters
    listed = f"[{', '.join(names)}]"
    why = Text(
        f"{chosen.why.en}: {listed} adapts them, with dropout 0.0 and without dora and pissa",
        f"{chosen.why.zh}；{listed} 会训练它们，此时 dropout 须为 0.0，且不能用 dora 与 pissa",
    )
    if inputs.size is not None:
        rank = int(get_value(inputs, "rank").value)  # type: ignore[arg-type]
        experts = count_adapter_parameters(
            inputs.size, inputs.family, rank=rank, modules=(), experts=names
        )
        why = Text(
            f"{why.en}, with {experts / 1e6:,.0f} million trained weights at rank {rank}",
            f"{why.zh}，秩 {rank} 时需训练 {format_number(experts / 1e8)} 亿个参数",
        )
    return Reasoned(chosen.value, why, chosen.source)


def choose_learning_rate(inputs: Inputs, updates: int) -> Reasoned[float]:
    """Choose the learning rate; runs with few updates need a higher one."""
    usual, is_for_length = get_learning_rate(inputs, updates)
    if is_for_length or updates >= SHORT_RUN_UPDATES:
        return usual
    of_long = f"{usual.value:.1e}".replace("e-0", "e-")
    why = Text(
        f"{updates:,} updates are few: 1.5 times the usual {of_long} ({usual.why.en})",
        f"只有 {updates:,} 次更新，因此取常用值 {of_long}（{usual.why.zh}）的 1.5 倍",
    )
    value = float(f"{usual.value * SHORT_RUN_LR_FACTOR:.2g}")
    return Reasoned(value, why, citations.join_citations(LORA_WITHOUT_REGRET, usual.source))


def make_state_estimator(family: Family, values: Mapping[str, MethodValue]) -> StateEstimator:
    """Make the function that estimates weights, gradients and optimizer states."""
    rank = int(values["rank"])  # type: ignore[arg-type]

    def estimate(size: ModelSpec, precision: str) -> TrainingState:
        weights = size.parameters * BYTES_PER_WEIGHT[precision]
        adapter = count_lora_parameters(size, family, values, rank=rank)

        def scale(width: Range) -> Range:
            return adapter * width[0], adapter * width[1]

        return TrainingState(
            weights=(weights, weights * WEIGHTS_MARGIN),
            adapter=scale(BYTES_PER_ADAPTER_WEIGHT),
            gradients=scale(BYTES_PER_GRADIENT),
            optimizer=scale(BYTES_PER_MOMENTS),
            dropout=bool(values.get("dropout")),
            keeps_outputs=bool(values.get("dora")),
        )

    return estimate
