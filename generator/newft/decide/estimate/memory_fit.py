"""Fit a run into memory: length of a row, batch size, gradient checkpointing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, TypeVar

from newft.decide.estimate.memory import Workload, estimate_memory_range
from newft.decide.estimate.token_estimates import (
    MAXIMUM,
    MEDIAN,
    estimate_input_tokens,
    estimate_overhead_tokens,
)
from newft.decide.inputs import Inputs
from newft.schema.family import ModelSpec

LENGTH_STEP = 32  # tokens
# Where shorter rows only are left, the model does not fit: a prompt has more tokens. Rule of newft.
SHORTEST_ROW = 64
# A data file may have more tokens per piece than the average of the family: up to 1.2 times as many
# in the trial files and in synthetic tables of numbers, codes and dates.
LENGTH_MARGIN = 1.25
DEFAULT_CONTEXT_LENGTH = 4096
MAX_CPU_LENGTH = 2048  # two cores would need 25 s for such a row of SmolLM2-135M
# If the memory is unknown, a batch may take this much beside the weights, and the KV cache of the
# evaluation as much. Rule of newft: half of a machine with 8 GB.
DEFAULT_BATCH_GB = 4.0
BATCH_SIZES = (8, 4, 2, 1)
T = TypeVar("T")
LengthLimit = Literal["context", "memory", "time", "given"]  # what limits the length of a row


class DoesNotFitError(Exception):
    """The model, or a row of median length, does not fit into memory."""

    def __init__(self, *, needed_gb: float | None = None, length: int = 0) -> None:
        super().__init__()
        self.needed_gb = needed_gb  # for one short row, if not even that fits
        self.length = length  # tokens of the longest row that fits


@dataclass(frozen=True)
class MemoryFit:
    """What fits on one device; `limit` is None if the longest row fits."""

    length: int
    wanted: int  # tokens of the longest row
    limit: LengthLimit | None
    batch_size: int
    checkpointing: bool
    high_gb: float | None  # None: the model's size is unknown


@dataclass(frozen=True)
class FixedLoad:
    """What of a training step is given, so that it is not fitted; None leaves it free."""

    length: int | None = None
    batch_size: int | None = None
    checkpointing: bool | None = None


def estimate_row_tokens(inputs: Inputs, share: float) -> int:
    """Estimate the tokens of a row at this quantile, with margin, as a multiple of 32."""
    tokens = ceil(estimate_input_tokens(inputs, share) * LENGTH_MARGIN) + estimate_overhead_tokens(
        inputs
    )
    return ceil(tokens / LENGTH_STEP) * LENGTH_STEP


def estimate_share_over(inputs: Inputs, length: int) -> float:
    """Estimate the share of the rows that may have more tokens than `length`."""
    shares = {row.share for row in inputs.facts.data.lengths.rows}
    return 1 - max(
        (share for share in shares if estimate_row_tokens(inputs, share) <= length), default=0
    )


def fit_to_memory(
    inputs: Inputs, least: Workload, *, largest_batch: int, fixed: FixedLoad
) -> MemoryFit:
    """Find the longest rows and then the largest batch that fit; `least` is the smallest step."""
    least = replace(
        least,
        batch_size=fixed.batch_size or least.batch_size,
        checkpointing=least.checkpointing if fixed.checkpointing is None else fixed.checkpointing,
    )
    wanted = estimate_row_tokens(inputs, MAXIMUM)
    if fixed.length is not None:
        row = replace(least, length=min(fixed.length, wanted))  # a batch has no longer rows
        _require_fit(inputs, row)
        fitted = _choose_batch(inputs, row, largest_batch, wanted=wanted, fixed=fixed)
        return replace(fitted, limit="given" if fixed.length < wanted else None)
    length, limit = _choose_length(inputs, least, wanted)
    # the rows themselves, without a margin: half of them must fit
    if length < estimate_input_tokens(inputs, MEDIAN) + estimate_overhead_tokens(inputs):
        raise DoesNotFitError(length=length)
    row = replace(least, length=length)
    fitted = _choose_batch(inputs, row, largest_batch, wanted=wanted, fixed=fixed)
    return replace(fitted, limit=limit)


def _require_fit(inputs: Inputs, load: Workload) -> None:
    """Refuse a step that does not fit; where size or memory is unknown, nothing speaks against."""
    if inputs.size is None or inputs.memory_gb is None:
        return
    needed = estimate_peak_gb(inputs.size, load)
    if needed > inputs.memory_gb:
        raise DoesNotFitError(needed_gb=needed)


def _choose_length(inputs: Inputs, least: Workload, wanted: int) -> tuple[int, LengthLimit | None]:
    length = wanted
    limit: LengthLimit | None = None
    context = inputs.size.context if inputs.size else DEFAULT_CONTEXT_LENGTH
    if length > context:
        length, limit = context // LENGTH_STEP * LENGTH_STEP, "context"
    # never below the median row; measured: truncates about 5 % of the rows of the longest sample
    bearable = max(MAX_CPU_LENGTH, estimate_row_tokens(inputs, MEDIAN))
    if inputs.times_steps and length > bearable:
        length, limit = bearable, "time"
    held = _find_fitting_length(inputs, least, length)
    return (length, limit) if held == length else (held, "memory")


def _find_fitting_length(inputs: Inputs, least: Workload, length: int) -> int:
    size, memory = inputs.size, inputs.memory_gb
    if size is None or memory is None:
        return length
    lengths = range(LENGTH_STEP, length + 1, LENGTH_STEP)
    held = bisect_right(
        lengths, memory, key=lambda n: estimate_peak_gb(size, replace(least, length=n))
    )
    if held == 0 or lengths[held - 1] < min(length, SHORTEST_ROW):
        short = replace(least, length=SHORTEST_ROW)
        raise DoesNotFitError(needed_gb=estimate_peak_gb(size, short))
    return lengths[held - 1]


def _choose_batch(
    inputs: Inputs, row: Workload, largest: int, *, wanted: int, fixed: FixedLoad
) -> MemoryFit:
    """Take the first batch that fits; gradient checkpointing adds computation and comes last."""
    size = inputs.size
    if size is None:
        batch_size = fixed.batch_size or (min(2, largest) if inputs.on_cpu else 1)
        checkpointing = row.checkpointing and (fixed.checkpointing or not inputs.on_cpu)
        return MemoryFit(row.length, wanted, None, batch_size, checkpointing, None)
    allowed = inputs.memory_gb or estimate_peak_gb(size, replace(row, length=0)) + DEFAULT_BATCH_GB
    possible = (False, True) if row.checkpointing else (False,)
    loads = [
        replace(row, batch_size=batch_size, checkpointing=checkpointing)
        for checkpointing in _list_open(fixed.checkpointing, possible)
        for batch_size in _list_open(
            fixed.batch_size, [each for each in BATCH_SIZES if each <= largest]
        )
    ]
    # the last is the smallest step: it fits, unless the memory is unknown
    load = next((load for load in loads if estimate_peak_gb(size, load) <= allowed), loads[-1])
    high = estimate_peak_gb(size, load)
    return MemoryFit(row.length, wanted, None, load.batch_size, load.checkpointing, high)


def _list_open(fixed: T | None, choices: Sequence[T]) -> Sequence[T]:
    """Return the one value that is given, or all choices."""
    return choices if fixed is None else (fixed,)


def estimate_peak_gb(size: ModelSpec, load: Workload) -> float:
    """Estimate the highest peak memory of a workload."""
    return estimate_memory_range(size, load)[1]
