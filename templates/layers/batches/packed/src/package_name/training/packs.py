"""Which rows of a step share a sequence: all rows, whole, in as few sequences as hold them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def pack_steps(
    steps: Sequence[Sequence[int]], limit: int, processes: int, *, most: int
) -> list[list[list[int]]]:
    """The sequences of every step, of which all steps have the same number.

    `steps` are the lengths of each step's rows. What a step needs fewer than the fullest one are
    sequences without a row, which take next to no time.
    """
    passes = [count_passes(lengths, limit, processes, most=most) for lengths in steps]
    packed = [
        pack_rows(lengths, count * processes) for lengths, count in zip(steps, passes, strict=True)
    ]
    size = max(map(len, packed))
    return [[*sequences, *([] for _ in range(size - len(sequences)))] for sequences in packed]


def count_passes(lengths: Sequence[int], limit: int, processes: int, *, most: int) -> int:
    """The fewest passes of each process that hold the rows in sequences of up to `limit` tokens.

    With `most`, each row has a sequence of its own.
    """
    passes = 1
    while passes < most and _measure_longest(lengths, passes * processes) > limit:
        passes += 1
    return passes


def pack_rows(lengths: Sequence[int], count: int) -> list[list[int]]:
    """The rows of each of `count` sequences, the fullest first.

    The longest row comes first and goes into the emptiest sequence, so that all are about equally
    full, and none is empty where there are as many rows.
    """
    sequences: list[list[int]] = [[] for _ in range(count)]
    emptiest = [(0, number) for number in range(count)]
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        tokens, number = emptiest[0]
        sequences[number].append(row)
        heapq.heapreplace(emptiest, (tokens + lengths[row], number))
    return [sequences[number] for _, number in sorted(emptiest, key=lambda each: -each[0])]


def _measure_longest(lengths: Sequence[int], count: int) -> int:
    """The tokens of the fullest of `count` sequences."""
    return sum(lengths[row] for row in pack_rows(lengths, count)[0])
