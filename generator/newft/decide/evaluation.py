"""Choose how models are evaluated: few-shot examples and batch size."""

from __future__ import annotations

from newft.decide import citations
from newft.decide.estimate.memory import (
    BYTES_PER_GB,
    BYTES_PER_WEIGHT,
    DEVICE_CONTEXT_GB,
    PROCESS_GB,
    WEIGHTS_MARGIN,
)
from newft.decide.estimate.memory_fit import (
    DEFAULT_BATCH_GB,
    DEFAULT_CONTEXT_LENGTH,
    estimate_row_tokens,
)
from newft.decide.estimate.token_estimates import (
    P95,
    estimate_input_tokens,
    estimate_longest_target_tokens,
    estimate_tokens,
    select_prompts,
)
from newft.decide.inputs import Inputs
from newft.decide.methods.registry import get_method, make_default_state_estimator
from newft.decide.number_format import format_number
from newft.schema.reasoned import Reasoned
from newft.text import Text, pluralize

MAX_FEW_SHOT_EXAMPLES = 8
TOKENS_PER_TURN = 12  # role markers of one user and one assistant turn
BATCH_SIZES = (32, 16, 8, 4, 2, 1)
MAX_CPU_BATCH_SIZE = 8


def choose_few_shot_examples(inputs: Inputs) -> Reasoned[int]:
    """Choose how many few-shot examples are tried in the prompt of the base model."""
    context = inputs.size.context if inputs.size else DEFAULT_CONTEXT_LENGTH
    free = (context - _estimate_zero_shot_tokens(inputs)) // 2
    value = max(0, min(MAX_FEW_SHOT_EXAMPLES, free // _estimate_example_tokens(inputs)))
    if value == MAX_FEW_SHOT_EXAMPLES:
        why = Text(
            f"more than {value} examples add little; they are used only if they improve the "
            "results on the validation rows",
            f"超过 {value} 个示例收益很小；仅当验证集上确有提升时采用",
        )
        return Reasoned(value, why, citations.FEW_SHOT_LABELS)
    why = Text(
        f"as many examples as fit into half of the context ({context:,} tokens) that the prompt "
        "with the label list leaves",
        f"除去含标签列表的提示词，剩余上下文（共 {context:,} 个 token）的一半能放下的示例数",
    )
    return Reasoned(
        value,
        why,
        citations.cite_own_rule("the other half is left for long inputs", "另一半留给较长的输入"),
    )


def choose_eval_batch_size(inputs: Inputs, *, precision: str, shots: int) -> Reasoned[int]:
    """Choose the batch size of generation: the KV cache must fit beside the weights."""
    sizes = [n for n in BATCH_SIZES if not inputs.on_cpu or n <= MAX_CPU_BATCH_SIZE]
    tokens = _estimate_zero_shot_tokens(inputs) + shots * _estimate_example_tokens(inputs)
    if inputs.size is None:
        why = Text("the model's size is unknown, so a small batch", "模型规模未知，先取较小值")
        source = citations.cite_own_rule(
            "it fits for every model that can be trained here", "只要能训练的模型都放得下"
        )
        return Reasoned(4, why, source)
    size = inputs.size
    width = BYTES_PER_WEIGHT[precision]
    row_gb = 2 * size.layers * size.kv_heads * size.head_dim * width * tokens / BYTES_PER_GB
    models = get_method(inputs).MODELS_IN_EVALUATION
    # as the method loads them: in 4 bit, or in the precision in which the model answers
    state = make_default_state_estimator(inputs.method, inputs.family)(size, precision)
    weights = min(state.weights[1], size.parameters * width * WEIGHTS_MARGIN)
    used = models * weights / BYTES_PER_GB
    used += PROCESS_GB if inputs.on_cpu else DEVICE_CONTEXT_GB
    free = DEFAULT_BATCH_GB if inputs.memory_gb is None else inputs.memory_gb - used
    value = next((n for n in sizes if n * row_gb <= free), 1)
    cache = format_number(value * row_gb)
    why = Text(
        f"the KV cache of {pluralize(value, 'prompt')} of about {tokens:,} tokens takes {cache} GB",
        f"{value} 条提示词，每条约 {tokens:,} 个 token，KV 缓存共占 {cache} GB",
    )
    rule = citations.cite_own_rule(
        f"the largest power of two that fits, at most {sizes[0]}",
        f"取放得下的最大的 2 的幂，最多 {sizes[0]}",
    )
    source = (
        citations.join_citations(rule, citations.MEASURED_EVAL_BATCH) if inputs.on_cpu else rule
    )
    return Reasoned(value, why, source)


def _estimate_zero_shot_tokens(inputs: Inputs) -> int:
    """Estimate the tokens of the base model's prompt with a long input and without examples."""
    data = inputs.facts.data
    labels = estimate_tokens("\n".join((*data.labels, *data.recommendations)), inputs.family)
    return (
        estimate_tokens(select_prompts(inputs).base, inputs.family)
        + labels
        + estimate_row_tokens(inputs, P95)
    )


def _estimate_example_tokens(inputs: Inputs) -> int:
    return (
        estimate_input_tokens(inputs, P95)
        + estimate_longest_target_tokens(inputs)
        + TOKENS_PER_TURN
    )
