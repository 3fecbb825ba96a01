"""Sequence packing: whether rows of an update share sequences, and how long a sequence may be.

The rows of an update stay the same, and no row sees another: packing changes how many passes an
update takes, not what is learned.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil, sqrt

from newft.answers.keys import RECIPE_PREFIX
from newft.decide import citations
from newft.decide.batch import Batch
from newft.decide.estimate.memory import Workload
from newft.decide.estimate.memory_fit import (
    DEFAULT_BATCH_GB,
    LENGTH_MARGIN,
    LENGTH_STEP,
    MemoryFit,
    estimate_peak_gb,
)
from newft.decide.estimate.parameter_count import count_computing_parameters
from newft.decide.estimate.token_estimates import estimate_row_distribution
from newft.decide.inputs import Inputs
from newft.decide.number_format import format_number, format_peak
from newft.errors import IncompatibleError
from newft.schema.family import GENERIC_FAMILY, ModelSpec
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text, pluralize

KEY = "max_packed_tokens"
PADDED = 0  # the value of a run that packs no rows
# With the mask of a sequence, PyTorch computes attention between all of its tokens, and leaves out
# nothing. Up to this share of the products with weights, that costs less than passes of few tokens,
# which use a device badly. Rule of newft.
ATTENTION_SHARE = 0.25
# Updates of a run differ: the fullest is taken to have so many standard deviations more tokens than
# the mean one, as one in 740 has where lengths are normally distributed. Rule of newft.
FULLEST_DEVIATIONS = 3
FEWER_PASSES = 2  # packing is taken where it divides the passes of an update by this at least
# Updates that stand for all: a light one, a mean one and a heavy one, by their standard deviations.
# Rule of newft.
USUAL_DEVIATIONS = (-1, 0, 1)

HALVES = citations.cite_own_rule(
    "rows are packed where that at least halves the passes of an update, since the mask of a "
    "sequence makes each pass more expensive",
    "打包后每次更新的前向与反向次数至少减半时才打包，因为整条序列的掩码会让每次计算变贵",
)


@dataclass(frozen=True)
class Update:
    """What one process has of an update, as it is estimated."""

    rows: int
    row_tokens: int  # on average
    usual_tokens: tuple[int, ...]  # of updates that stand for all
    most_tokens: int  # of the update that has most
    passes: int  # without packing

    def count_passes(self, limit: int) -> float:
        """Estimate the passes of a mean update in sequences of up to `limit` tokens."""
        counts = [min(self.rows, ceil(tokens / limit)) for tokens in self.usual_tokens]
        return sum(counts) / len(counts)


def choose_max_packed_tokens(
    inputs: Inputs, fitted: MemoryFit, rows: Batch, least: Workload
) -> Reasoned[int]:
    """Choose the tokens of the longest sequence, or 0 where rows are padded instead.

    `least` is the smallest step of the run, whose checkpointing is `fitted`.
    """
    given = inputs.given.get(KEY)
    obstacle = _find_obstacle(inputs)
    if isinstance(given, int) and given != PADDED:
        _check_given(inputs, given, fitted, least, rows, obstacle)
    if obstacle is not None:
        why = Text(f"rows are padded: {obstacle.why.en}", f"行做填充，不打包：{obstacle.why.zh}")
        return replace(obstacle, why=why)
    assert inputs.size is not None
    longest = _get_longest_row(inputs, fitted)
    update = _estimate_update(inputs, longest, rows)
    if isinstance(given, int) and given != PADDED:
        return Reasoned(given, _explain(update, given), citations.PADDING_FREE)
    load = replace(least, length=longest, checkpointing=fitted.checkpointing)
    limit = _find_longest_sequence(inputs, inputs.size, load, update)
    if limit == PADDED:
        return Reasoned(PADDED, _explain_no_room(inputs, longest), citations.PADDING_FREE)
    if given == PADDED or update.count_passes(limit) * FEWER_PASSES > update.passes:
        return Reasoned(PADDED, _explain_padding(update, limit), HALVES)
    return Reasoned(limit, _explain(update, limit), citations.PADDING_FREE)


def _find_obstacle(inputs: Inputs) -> Reasoned[int] | None:
    """Return why rows cannot be packed, if they cannot."""
    family, size = inputs.family, inputs.size
    if inputs.on_cpu:
        why = Text(
            "on a CPU, passes of few tokens are no slower",
            "在 CPU 上，token 少的计算并不更慢",
        )
        return Reasoned(PADDED, why, citations.MEASURED_BATCH)
    if inputs.hardware.accelerator.kind != "cuda":
        why = Text(
            "what attention with the mask of packed rows takes in memory is known "
            "of CUDA devices alone",
            "带打包掩码的注意力占多少内存，只有 CUDA 设备上是已知的",
        )
        return Reasoned(PADDED, why, citations.SDPA)
    if inputs.method.id == "prefix":
        why = Text(
            "a learned prefix lies in the cache, with which transformers does not "
            "tell packed rows apart",
            "学到的前缀放在缓存里，而有缓存时 transformers 不区分打包的各行",
        )
        return Reasoned(PADDED, why, citations.PADDING_FREE)
    if family.packing is not None and not family.packing.value:
        told = family.packing
        return Reasoned(PADDED, told.why, as_citation(told.source))
    if family.id == GENERIC_FAMILY or family.successor or size is None or size.linear_attention:
        why = Text(
            "it was not tested with this model that packed rows do not see each other",
            "没有在该模型上验证过打包的各行互不可见",
        )
        return Reasoned(PADDED, why, citations.PADDING_FREE)
    return None


def _check_given(
    inputs: Inputs,
    given: int,
    fitted: MemoryFit,
    least: Workload,
    rows: Batch,
    obstacle: Reasoned[int] | None,
) -> None:
    """Refuse a given length of sequences that cannot be."""
    where = f"{RECIPE_PREFIX}{KEY}"
    if obstacle is not None:
        hint = Text(f"leave it out, or give {PADDED}", f"请去掉，或写 {PADDED}")
        message = Text(f"rows cannot be packed: {obstacle.why.en}", f"不能打包：{obstacle.why.zh}")
        raise IncompatibleError(message, where=where, hint=hint)
    longest = _get_longest_row(inputs, fitted)
    if given < longest:
        raise IncompatibleError(
            Text(
                f"is {given:,}, but a row may have {longest:,} tokens, and rows are packed whole",
                f"是 {given:,}，而一行最多有 {longest:,} 个 token，打包时不拆开任何一行",
            ),
            where=where,
            hint=Text(
                f"give at least {longest:,}, or a smaller {RECIPE_PREFIX}max_length",
                f"至少写 {longest:,}，或减小 {RECIPE_PREFIX}max_length",
            ),
        )
    assert inputs.size is not None
    load = replace(least, checkpointing=fitted.checkpointing).pack(given, _count_rows(rows))
    needed = estimate_peak_gb(inputs.size, load)
    if inputs.memory_gb is not None and needed > inputs.memory_gb:
        memory = format_number(inputs.memory_gb)
        raise IncompatibleError(
            Text(
                f"a sequence of {given:,} tokens takes up to {format_peak(needed)} GB, and there "
                f"are {memory} GB",
                f"一条 {given:,} 个 token 的序列最多占 {format_peak(needed)} GB，"
                f"而可用 {memory} GB",
            ),
            where=where,
            hint=Text("give less, or leave it out", "请写小一些，或去掉此项"),
        )


def _get_longest_row(inputs: Inputs, fitted: MemoryFit) -> int:
    """Return what a row may have by max_length, which a project packs whole."""
    given = inputs.given.get("max_length")
    return given if isinstance(given, int) else fitted.length


def _count_rows(rows: Batch) -> int:
    """Return the rows that one process has of an update."""
    return rows.batch_size * rows.gradient_accumulation_steps


def _find_longest_sequence(inputs: Inputs, size: ModelSpec, row: Workload, update: Update) -> int:
    """Find how long sequences may be: as long as a row at least; 0: not even that fits."""
    attention = 4 * size.layers * size.hidden  # operations for each pair of tokens
    cheap = int(ATTENTION_SHARE * 2 * count_computing_parameters(size) / attention)
    # longer than the fullest update is of no use; its tokens are estimated, as those of a row are
    needed = ceil(update.most_tokens * LENGTH_MARGIN / LENGTH_STEP) * LENGTH_STEP
    wanted = max(row.length, min(needed, cheap // LENGTH_STEP * LENGTH_STEP))
    allowed = inputs.memory_gb or estimate_peak_gb(size, replace(row, length=0)) + DEFAULT_BATCH_GB
    lengths = [*range(row.length, wanted, LENGTH_STEP), wanted]
    held = bisect_right(
        lengths, allowed, key=lambda n: estimate_peak_gb(size, row.pack(n, update.rows))
    )
    return lengths[held - 1] if held else PADDED


def _estimate_update(inputs: Inputs, max_length: int, rows: Batch) -> Update:
    """Estimate the tokens that a process has of an update: the mean, and the most in a run."""
    lengths = estimate_row_distribution(inputs, max_length)
    mean = sum(share * tokens for share, tokens in lengths)
    deviation = sqrt(sum(share * (tokens - mean) ** 2 for share, tokens in lengths))
    # the rows of a batch are about equally long: an update is a sample of batches, not of rows
    spread = rows.batch_size * sqrt(rows.gradient_accumulation_steps) * deviation
    count = _count_rows(rows)
    least, most = (count * end(tokens for _, tokens in lengths) for end in (min, max))

    def estimate_tokens(deviations: float) -> int:
        return round(max(least, min(most, count * mean + deviations * spread)))

    return Update(
        rows=count,
        row_tokens=round(mean),
        usual_tokens=tuple(map(estimate_tokens, USUAL_DEVIATIONS)),
        most_tokens=estimate_tokens(FULLEST_DEVIATIONS),
        passes=rows.gradient_accumulation_steps,
    )


def _explain(update: Update, limit: int) -> Text:
    count, passes = update.rows, update.count_passes(limit)
    size = count // update.passes
    return Text(
        f"{count} rows of about {update.row_tokens:,} tokens share sequences of up to {limit:,}, "
        f"and no row sees another: an update is about {_name_passes(passes)} instead of "
        f"{update.passes} of {pluralize(size, 'row')}, with the same rows and the same loss",
        f"{count} 行（平均约 {update.row_tokens:,} 个 token）拼进至多 {limit:,} 个 token 的序列，"
        f"各行互不可见：每次更新约做 {format_number(passes)} 次前向与反向，"
        f"而不是 {update.passes} 次、每次 {size} 行；所用的行和 loss 不变",
    )


def _explain_padding(update: Update, limit: int) -> Text:
    size, passes = update.rows // update.passes, update.count_passes(limit)
    return Text(
        f"rows are padded: an update is {_name_passes(update.passes)} of {pluralize(size, 'row')}, "
        f"and packed into sequences of {limit:,} tokens it would be about {format_number(passes)}",
        f"行做填充，不打包：每次更新做 {update.passes} 次、每次 {size} 行；"
        f"打包成 {limit:,} 个 token 的序列后仍约需 {format_number(passes)} 次",
    )


def _explain_no_room(inputs: Inputs, longest: int) -> Text:
    memory = format_number(inputs.memory_gb)
    return Text(
        f"rows are padded: a sequence of {longest:,} tokens with its mask does not fit into "
        f"{memory} GB",
        f"行做填充，不打包：{longest:,} 个 token 的序列加上掩码放不进 {memory} GB",
    )


def _name_passes(count: float) -> str:
    return "1 pass" if count == 1 else f"{format_number(count)} passes"
