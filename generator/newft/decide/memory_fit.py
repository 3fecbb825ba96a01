"""What fits into memory: the longest row, the batch, and whether activations are recomputed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from newft.decide.inputs import Inputs
from newft.decide.memory import Workload, estimate_memory_range
from newft.decide.token_estimates import MAXIMUM, MEDIAN, estimate_input_tokens, overhead_tokens
from newft.schema.family import ModelSpec

LENGTH_STEP = 32  # tokens
# A file may have more tokens a piece than its family has on average: up to 1.2 times as many in the
# trial files and in made tables of numbers, codes and dates, in the languages of the family.
LENGTH_MARGIN = 1.25
DEFAULT_CONTEXT_LENGTH = 4096
MAX_CPU_LENGTH = 2048  # two cores would need 25 s for such a row of SmolLM2-135M
# Where the memory is unknown, a batch may add this much to what the weights need, and the cache of
# keys and values may take as much. A rule of newft: half of a machine with 8 GB.
DEFAULT_BATCH_GB = 4.0
BATCH_SIZES = (8, 4, 2, 1)
LengthLimit = Literal["context", "memory", "time"]  # what bounds the length of a row


class DoesNotFitError(Exception):
    """The model, or half of the rows, does not fit."""

    def __init__(self, *, needed_gb: float | None = None, length: int = 0) -> None:
        super().__init__()
        self.needed_gb = needed_gb  # for one short row, where even that does not fit
        self.length = length  # the longest row in tokens that does fit


@dataclass(frozen=True)
class MemoryFit:
    """What one device holds; `limit` says what cut the length, None if the longest row fits."""

    length: int
    wanted: int  # tokens of the longest row
    limit: LengthLimit | None
    batch_size: int
    checkpointing: bool
    high_gb: float | None  # None: the model's size is unknown


def estimate_row_tokens(inputs: Inputs, share: float) -> int:
    """Tokens to allow for the longest row among this share, rounded up to a multiple of 32."""
    tokens = ceil(estimate_input_tokens(inputs, share) * LENGTH_MARGIN) + overhead_tokens(inputs)
    return ceil(tokens / LENGTH_STEP) * LENGTH_STEP


def estimate_share_over(inputs: Inputs, length: int) -> float:
    """The share of the rows that may have more tokens than `length`."""
    shares = {row.share for row in inputs.facts.data.lengths.rows}
    return 1 - max(
        (share for share in shares if estimate_row_tokens(inputs, share) <= length), default=0
    )


def fit_to_memory(inputs: Inputs, least: Workload, *, largest_batch: int) -> MemoryFit:
    """The longest rows and then the largest batch that one device holds beside `least`."""
    wanted = estimate_row_tokens(inputs, MAXIMUM)
    length, limit = _choose_length(inputs, least, wanted)
    # the rows themselves, without a margin: half of them must fit
    if length < estimate_input_tokens(inputs, MEDIAN) + overhead_tokens(inputs):
        raise DoesNotFitError(length=length)
    return _choose_batch(
        inputs, replace(least, length=length), largest_batch, wanted=wanted, limit=limit
    )


def _choose_length(inputs: Inputs, least: Workload, wanted: int) -> tuple[int, LengthLimit | None]:
    length = wanted
    limit: LengthLimit | None = None
    context = inputs.size.context if inputs.size else DEFAULT_CONTEXT_LENGTH
    if length > context:
        length, limit = context // LENGTH_STEP * LENGTH_STEP, "context"
    # of legal facts this cuts one row in twenty, in its middle; half of the rows stay whole anyway
    bearable = max(MAX_CPU_LENGTH, estimate_row_tokens(inputs, MEDIAN))
    if inputs.on_cpu and length > bearable:
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
    if held == 0:
        raise DoesNotFitError(needed_gb=estimate_peak_gb(size, least))
    return lengths[held - 1]


def _choose_batch(
    inputs: Inputs, row: Workload, largest: int, *, wanted: int, limit: LengthLimit | None
) -> MemoryFit:
    """The first that fits: recomputing activations costs half again, so it comes last."""
    size = inputs.size
    if size is None:
        batch_size = min(2, largest) if inputs.on_cpu else 1
        return MemoryFit(row.length, wanted, limit, batch_size, not inputs.on_cpu, None)
    allowed = inputs.memory_gb or estimate_peak_gb(size, replace(row, length=0)) + DEFAULT_BATCH_GB
    loads = [
        replace(row, batch_size=batch_size, checkpointing=checkpointing)
        for checkpointing in (False, True)
        for batch_size in BATCH_SIZES
        if batch_size <= largest
    ]
    # the last is one row with checkpointing: it fits, or nobody knows the memory
    load = next((load for load in loads if estimate_peak_gb(size, load) <= allowed), loads[-1])
    high = estimate_peak_gb(size, load)
    return MemoryFit(row.length, wanted, limit, load.batch_size, load.checkpointing, high)


def estimate_peak_gb(size: ModelSpec, load: Workload) -> float:
    """The memory that a load is sure to fit into."""
    return estimate_memory_range(size, load)[1]
