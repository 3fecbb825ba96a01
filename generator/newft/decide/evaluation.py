"""How the untouched model is prompted, and how many rows are answered at once."""

from __future__ import annotations

from newft.decide import sources
from newft.decide.case import P95, Case, answer_tokens, figure, input_tokens, prompts_of, tokens_of
from newft.decide.estimate import BYTES, DEVICE_CONTEXT_GB, GB, PROCESS_GB, WEIGHTS_MARGIN
from newft.decide.fit import BATCH_GB_UNKNOWN, LENGTH_UNKNOWN_CONTEXT, row_tokens
from newft.entries import Text
from newft.model import Reasoned
from newft.names import counted

MOST_SHOTS = 8
TURN_TOKENS = 12  # role markers of one user and one assistant turn
BATCH_SIZES = (32, 16, 8, 4, 2, 1)
LARGEST_ON_CPU = 8


def shots(case: Case) -> Reasoned[int]:
    """Examples tried in the untouched model's prompt."""
    context = case.size.context if case.size else LENGTH_UNKNOWN_CONTEXT
    room = (context - _bare_prompt_tokens(case)) // 2
    value = max(0, min(MOST_SHOTS, room // _shot_tokens(case)))
    if value == MOST_SHOTS:
        why = Text(
            f"more than {value} examples add little; they stay where they help on validation",
            f"提示词里超过 {value} 个示例收益很小；仅当验证集上确有提升时采用",
        )
        return Reasoned(value, why, sources.DEMONSTRATIONS)
    why = Text(
        f"as many examples as half of the {context:,} tokens beside the label list hold",
        f"除去标签列表，{context:,} 个 token 的一半能放下的示例数",
    )
    return Reasoned(
        value, why, sources.rule("the other half is for a long input", "另一半留给长输入")
    )


def evaluation_batch_size(case: Case, *, precision: str, shots: int) -> Reasoned[int]:
    """Rows answered at once: what the cache of keys and values leaves room for."""
    sizes = [n for n in BATCH_SIZES if not case.on_cpu or n <= LARGEST_ON_CPU]
    tokens = _bare_prompt_tokens(case) + shots * _shot_tokens(case)
    if case.size is None:
        why = Text("the model's size is unknown, so few at once", "模型规模未知，先取较小值")
        source = sources.rule(
            "few enough for any model that could be trained", "凡能训练的模型都放得下"
        )
        return Reasoned(4, why, source)
    size = case.size
    width = BYTES[precision]
    row = 2 * size.layers * size.kv_heads * size.head_dim * width * tokens / GB
    taken = size.parameters * width * WEIGHTS_MARGIN / GB
    taken += PROCESS_GB if case.on_cpu else DEVICE_CONTEXT_GB
    room = BATCH_GB_UNKNOWN if case.memory_gb is None else case.memory_gb - taken
    value = next((n for n in sizes if n * row <= room), 1)
    cache = figure(value * row)
    why = Text(
        f"{counted(value, 'prompt')} of some {tokens:,} tokens: {cache} GB of keys and values",
        f"{value} 条提示词，每条约 {tokens:,} 个 token，KV 缓存共占 {cache} GB",
    )
    rule = sources.rule(
        f"the largest power of two that fits, at most {sizes[0]}",
        f"取放得下的最大的 2 的幂，最多 {sizes[0]}",
    )
    source = sources.joined(rule, sources.MEASURED_AT_ONCE) if case.on_cpu else rule
    return Reasoned(value, why, source)


def _bare_prompt_tokens(case: Case) -> int:
    """Tokens of the untouched model's prompt with a long input, before any example."""
    data = case.facts.data
    listed = tokens_of("\n".join((*data.labels, *data.outcomes)), case.family)
    return tokens_of(prompts_of(case).untuned, case.family) + listed + row_tokens(case, P95)


def _shot_tokens(case: Case) -> int:
    return input_tokens(case, P95) + answer_tokens(case) + TURN_TOKENS
