"""The recipe: every number of a run, each with its reason."""

from __future__ import annotations

from math import ceil

from newft.decide import adapter, evaluation, sources, splits, steps
from newft.decide.case import Case, answer_tokens, at_most, figure, memory_zh
from newft.decide.estimate import Load
from newft.decide.fit import LENGTH_STEP, DoesNotFit, Fit, Limit, fit, peak_gb, share_over
from newft.decide.precision import AUTO, heaviest, precision
from newft.decide.ways_out import refuse
from newft.entries import Text, cited
from newft.model import Reasoned, Recipe

USUAL_TRUNCATED, MOST_TRUNCATED = 0.01, 0.9  # of the rows


def recipe_of(case: Case) -> Recipe:
    """The resolved values; `IncompatibleError` where the choices do not fit together."""
    try:
        return _resolve(case)
    except DoesNotFit as fault:
        raise refuse(case, fault, _resolve) from None


def _resolve(case: Case) -> Recipe:
    rank = adapter.rank(case)
    number_format = precision(case, fits_in_fp32=_fits_in_fp32(case, rank.value))
    planned_for = heaviest(number_format.value)
    fitted = fit(
        case,
        least_load(case, rank=rank.value, precision=planned_for),
        largest_batch=steps.largest_batch(case),
    )
    batch = steps.batch(case, fitted)
    epochs = steps.epochs(case, batch.effective)
    updates = ceil(splits.training_rows(case.rows) * epochs.value / batch.effective)
    shots = evaluation.shots(case)
    return Recipe(
        rank=rank,
        alpha=adapter.alpha(case),
        dropout=adapter.dropout(case),
        targets=adapter.targets(case),
        learning_rate=adapter.learning_rate(
            case, steps.updates_made(case, updates, batch.effective)
        ),
        schedule=steps.schedule(case),
        warmup=steps.warmup(case),
        weight_decay=_weight_decay(),
        max_grad_norm=_max_grad_norm(),
        epochs=epochs,
        batch_size=steps.batch_size(case, fitted),
        accumulation=steps.accumulation(case, batch),
        max_length=_max_length(case, fitted),
        truncated_share=_truncated_share(case, fitted),
        precision=number_format,
        attention=_attention(case),
        gradient_checkpointing=_gradient_checkpointing(case, fitted),
        evaluations=steps.evaluations(case, updates),
        seed=_seed(),
        training_minutes=steps.training_minutes(case),
        device=steps.device(case),
        processes=steps.processes(case),
        evaluation_minutes=steps.evaluation_minutes(case),
        evaluation_batch_size=evaluation.evaluation_batch_size(
            case, precision=planned_for, shots=shots.value
        ),
        validation_share=splits.validation_share(case.rows),
        test_share=splits.test_share(case.rows),
        shots=shots,
    )


def least_load(case: Case, *, rank: int, precision: str) -> Load:
    """The lightest training step: one short row, activations recomputed."""
    return Load(
        rank=rank,
        precision=precision,
        batch_size=1,
        length=LENGTH_STEP,
        checkpointing=True,
        logits_per_row=answer_tokens(case),
        modules=case.family.linear_modules,
        on_cpu=case.on_cpu,
    )


def _weight_decay() -> Reasoned[float]:
    why = Text(
        "the low rank already bounds what the adapter can learn",
        "低秩本身已限制适配器的容量，不必再加权重衰减",
    )
    return Reasoned(0.0, why, sources.TRAINER)


def _max_grad_norm() -> Reasoned[float]:
    why = Text(
        "clips gradients, so that one outlier batch cannot destabilise training",
        "裁剪梯度，避免个别异常批次带偏训练",
    )
    return Reasoned(1.0, why, sources.TRAINER)


def _fits_in_fp32(case: Case, rank: int) -> bool:
    """Whether one short row fits; where size or memory is unknown, nothing speaks against it."""
    if case.size is None or case.memory_gb is None:
        return True
    return peak_gb(case.size, least_load(case, rank=rank, precision="fp32")) <= case.memory_gb


def _attention(case: Case) -> Reasoned[str]:
    if case.on_cpu:
        why = Text(
            "`make train` times PyTorch's fused attention against plain matrix products: on a CPU "
            "the backward pass of the fused one is slow on short rows",
            "`make train` 会比较 PyTorch 的融合注意力与普通矩阵乘：在 CPU 上，短文本用融合注意力时"
            "反向传播较慢",
        )
        return Reasoned(AUTO, why, sources.MEASURED_ATTENTION)
    why = Text(
        "PyTorch's fused attention: nothing to install, and it picks the fastest kernel there is",
        "PyTorch 自带的融合注意力：无需安装，自动选用最快的内核",
    )
    return Reasoned("sdpa", why, sources.ATTENTION)


def _seed() -> Reasoned[int]:
    why = Text(
        "any fixed number does: as many steps on the same machine give the same result again; "
        "a time budget may allow more or fewer",
        "任意固定数字都行：同一台机器上步数相同，结果就相同；有时间预算时，步数可能不同",
    )
    source = sources.rule(
        "a result that cannot be repeated cannot be compared", "结果不可复现，就无从比较"
    )
    return Reasoned(42, why, source)


def _max_length(case: Case, fitted: Fit) -> Reasoned[int]:
    longest = case.facts.data.lengths.longest
    en = f"the longest of {case.rows:,} rows has {longest:,} characters"
    zh = f"{case.rows:,} 行中最长的有 {longest:,} 个字符"
    if fitted.limit is None:
        en += f": {fitted.wanted:,} tokens hold it with prompt, answer and a margin of a quarter"
        zh += f"：加上提示词、答案和四分之一的余量，{fitted.wanted:,} 个 token 足够"
    else:
        limit = _limit(case, fitted.limit)
        en += f", {fitted.wanted:,} tokens; {limit.en}: a longer input loses its middle, "
        en += "an answer nothing"
        zh += f"，约 {fitted.wanted:,} 个 token；{limit.zh}；更长的输入会略去中间部分，答案保持完整"
    counts = case.family.tokens_per_piece.values()
    counted = dict.fromkeys(cited(count.source) for count in counts)
    tokens = sources.joined(*counted)
    source = sources.joined(
        sources.rows_of(case.facts.data),
        Text(
            f"tokens a word, digit and Chinese character: {tokens.en}",
            f"每个单词、数字和汉字的 token 数：{tokens.zh}",
        ),
    )
    return Reasoned(fitted.length, Text(en, zh), source)


def _limit(case: Case, limit: Limit) -> Text:
    """Why rows cannot be longer."""
    if limit == "context":
        return Text("the model's context ends here", "已达模型上下文上限")
    if limit == "time":
        return Text("a CPU takes long over longer rows", "更长的行在 CPU 上耗时太久")
    memory = figure(case.memory_gb)
    return Text(f"{memory} GB hold no more", f"{memory} GB {memory_zh(case.hardware)}已到上限")


def _truncated_share(case: Case, fitted: Fit) -> Reasoned[float]:
    share = round(min(MOST_TRUNCATED, share_over(case, fitted.length)), 2)
    source = sources.rule(
        f"a text that loses its middle may lose the facts that its label rests on, so no more than "
        f"{USUAL_TRUNCATED:.0%} of the rows may, unless the length is bounded by something else",
        "文本缺了中间部分，可能恰好丢掉判断标签的依据；"
        f"除非长度另受限制，被截断的行不超过 {USUAL_TRUNCATED:.0%}",
    )
    if fitted.limit is None or share <= USUAL_TRUNCATED:
        why = Text(
            "max_length is planned to hold the longest row; `make data` stops where more rows than "
            "this share would be cut",
            "max_length 按最长的行估算；若被截断的行超过此比例，`make data` 会停止",
        )
        return Reasoned(USUAL_TRUNCATED, why, source)
    limit = _limit(case, fitted.limit)
    why = Text(
        f"up to {share:.0%} of the rows may be longer than max_length, as {limit.en}; `make data` "
        "stops where more would be cut",
        f"{limit.zh}，至多约 {share:.0%} 的行会超出 max_length；若被截断的行超过此比例，"
        "`make data` 会停止",
    )
    return Reasoned(share, why, source)


def _gradient_checkpointing(case: Case, fitted: Fit) -> Reasoned[bool]:
    kind = memory_zh(case.hardware)
    if not fitted.checkpointing:
        why = Text(
            "memory suffices without it, and it would cost half again the work",
            "不用也放得下；启用会多花一半计算量",
        )
    elif fitted.high_gb is None:
        why = Text(
            "the model's size is unknown: the careful choice, at half again the work",
            "模型规模未知：取稳妥值，代价是多花一半计算量",
        )
    elif case.memory_gb is None:
        most = at_most(fitted.high_gb)
        why = Text(
            f"what is there is unknown: so a row takes {most} GB at most; "
            "it costs half again the work",
            f"可用{kind}未知：这样一行最多占 {most} GB；代价是多花一半计算量",
        )
    else:
        memory = figure(case.memory_gb)
        why = Text(
            f"a single row would not fit {memory} GB otherwise; it costs half again the work",
            f"否则一行也放不进 {memory} GB；代价是多花一半计算量",
        )
    return Reasoned(fitted.checkpointing, why, sources.CHECKPOINTING)
