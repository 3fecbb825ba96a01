"""What fits into memory: the longest row, the batch, and whether activations are recomputed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from newft.decide.case import LONGEST, MEDIAN, Case, fixed_tokens, input_tokens
from newft.decide.estimate import Load, memory_range
from newft.entries import Size

LENGTH_STEP = 32  # tokens
# A file may have more tokens a piece than its family has on average: up to 1.2 times as many in the
# trial files and in made tables of numbers, codes and dates, in the languages of the family.
LENGTH_MARGIN = 1.25
LENGTH_UNKNOWN_CONTEXT = 4096
LENGTH_ON_CPU = 2048  # two cores would need 25 s for such a row of SmolLM2-135M
# Where the memory is unknown, a batch may add this much to what the weights need, and the cache of
# keys and values may take as much. A rule of newft: half of a machine with 8 GB.
BATCH_GB_UNKNOWN = 4.0
BATCH_SIZES = (8, 4, 2, 1)
Limit = Literal["context", "memory", "time"]  # what bounds the length of a row


class DoesNotFit(Exception):
    """The model, or half of the rows, does not fit."""

    def __init__(self, *, needed_gb: float | None = None, length: int = 0) -> None:
        super().__init__()
        self.needed_gb = needed_gb  # for one short row, where even that does not fit
        self.length = length  # the longest row in tokens that does fit


@dataclass(frozen=True)
class Fit:
    """What one device holds; `limit` says what cut the length, None if the longest row fits."""

    length: int
    wanted: int  # tokens of the longest row
    limit: Limit | None
    batch_size: int
    checkpointing: bool
    high_gb: float | None  # None: the model's size is unknown


def row_tokens(case: Case, share: float) -> int:
    """Tokens to allow for the longest row among this share, rounded up to a multiple of 32."""
    tokens = ceil(input_tokens(case, share) * LENGTH_MARGIN) + fixed_tokens(case)
    return ceil(tokens / LENGTH_STEP) * LENGTH_STEP


def share_over(case: Case, length: int) -> float:
    """The share of the rows that may have more tokens than `length`."""
    shares = {row.share for row in case.facts.data.lengths.rows}
    return 1 - max((share for share in shares if row_tokens(case, share) <= length), default=0)


def fit(case: Case, least: Load, *, largest_batch: int) -> Fit:
    """The longest rows and then the largest batch that one device holds beside `least`."""
    wanted = row_tokens(case, LONGEST)
    length, limit = _length(case, least, wanted)
    # the rows themselves, without a margin: half of them must fit
    if length < input_tokens(case, MEDIAN) + fixed_tokens(case):
        raise DoesNotFit(length=length)
    return _batch(case, replace(least, length=length), largest_batch, wanted=wanted, limit=limit)


def _length(case: Case, least: Load, wanted: int) -> tuple[int, Limit | None]:
    length = wanted
    limit: Limit | None = None
    context = case.size.context if case.size else LENGTH_UNKNOWN_CONTEXT
    if length > context:
        length, limit = context // LENGTH_STEP * LENGTH_STEP, "context"
    # of legal facts this cuts one row in twenty, in its middle; half of the rows stay whole anyway
    bearable = max(LENGTH_ON_CPU, row_tokens(case, MEDIAN))
    if case.on_cpu and length > bearable:
        length, limit = bearable, "time"
    held = _held_length(case, least, length)
    return (length, limit) if held == length else (held, "memory")


def _held_length(case: Case, least: Load, length: int) -> int:
    size, memory = case.size, case.memory_gb
    if size is None or memory is None:
        return length
    lengths = range(LENGTH_STEP, length + 1, LENGTH_STEP)
    held = bisect_right(lengths, memory, key=lambda n: peak_gb(size, replace(least, length=n)))
    if held == 0:
        raise DoesNotFit(needed_gb=peak_gb(size, least))
    return lengths[held - 1]


def _batch(case: Case, row: Load, largest: int, *, wanted: int, limit: Limit | None) -> Fit:
    """The first that fits: recomputing activations costs half again, so it comes last."""
    size = case.size
    if size is None:
        batch_size = min(2, largest) if case.on_cpu else 1
        return Fit(row.length, wanted, limit, batch_size, not case.on_cpu, None)
    allowed = case.memory_gb or peak_gb(size, replace(row, length=0)) + BATCH_GB_UNKNOWN
    loads = [
        replace(row, batch_size=batch_size, checkpointing=checkpointing)
        for checkpointing in (False, True)
        for batch_size in BATCH_SIZES
        if batch_size <= largest
    ]
    # the last is one row with checkpointing: it fits, or nobody knows the memory
    load = next((load for load in loads if peak_gb(size, load) <= allowed), loads[-1])
    high = peak_gb(size, load)
    return Fit(row.length, wanted, limit, load.batch_size, load.checkpointing, high)


def peak_gb(size: Size, load: Load) -> float:
    """The memory that a load is sure to fit into."""
    return memory_range(size, load)[1]
