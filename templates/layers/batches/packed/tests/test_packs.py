"""Packing: a step keeps its rows, each whole, in the fewest sequences that hold them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from package_name.config import Config
from package_name.runtime.messages import fill
from package_name.training.batches import (
    build_batches,
    suggest_less_memory,
)
from package_name.training.collator import TargetCollator
from package_name.training.examples import Example
from package_name.training.packs import (
    count_passes,
    pack_rows,
    pack_steps,
)
from package_name.training.steps import build_steps

PAD = 0
LENGTHS = st.lists(st.integers(1, 100), min_size=8, max_size=8)


@given(steps=st.lists(LENGTHS, min_size=1, max_size=6), limit=st.integers(100, 800))
@pytest.mark.parametrize("processes", [1, 2])
def test_every_step_keeps_its_rows_in_the_fewest_sequences(
    processes: int, steps: list[list[int]], limit: int
) -> None:
    packed = pack_steps(steps, limit, processes, most=8 // processes)
    assert len(set(map(len, packed))) == 1
    assert all(packed[0]) or any(map(all, packed))  # the fullest step has no empty sequence
    for lengths, sequences in zip(steps, packed, strict=True):
        used = [sequence for sequence in sequences if sequence]
        assert sequences[: len(used)] == used and len(used) % processes == 0
        assert sorted(row for sequence in used for row in sequence) == list(range(8))
        assert max(_count_tokens(lengths, used)) <= limit
        if fewer := len(used) - processes:
            assert max(_count_tokens(lengths, pack_rows(lengths, fewer))) > limit


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_has_the_steps_that_it_has_without_packing(config: Config, processes: int) -> None:
    rows = [Example([5] * (10 + number % 90), 5) for number in range(64)]
    update = {"batch_size": 2, "gradient_accumulation_steps": 4, "processes": processes}
    settings = config.training.model_copy(update={**update, "max_packed_tokens": 256})
    steps = build_steps(rows, settings, seed=1)
    batches = build_batches(rows, rows[:5], steps, settings)
    size = batches.gradient_accumulation_steps * processes
    assert batches.batch_size == 1
    assert batches.gradient_accumulation_steps < 4
    assert len(batches.train) == len(steps.tokens) * size
    for number, tokens in enumerate(steps.tokens):
        sequences = batches.train[number * size : (number + 1) * size]
        assert sum(map(len, sequences)) == steps.rows_per_step
        assert sum(len(row.ids) for rows in sequences for row in rows) == tokens
        assert max(sum(len(row.ids) for row in rows) for rows in sequences) <= 256
    assert batches.validation == [[row] for row in rows[:5]]


def test_a_row_that_no_sequence_holds_has_one_of_its_own(config: Config) -> None:
    assert count_passes([300, 20, 20, 20], 256, 1, most=4) == 4


def test_positions_begin_anew_with_every_row_and_padding_is_no_row() -> None:
    batch = TargetCollator(PAD)(
        [[Example([5, 6, 7], 2), Example([8, 9], 1)], [Example([5, 6, 7, 8], 3)]]
    )
    ids, positions, kept = batch["input_ids"], batch["position_ids"], batch["logits_to_keep"]
    assert isinstance(ids, torch.Tensor) and isinstance(positions, torch.Tensor)
    assert isinstance(kept, torch.Tensor) and isinstance(batch["labels"], torch.Tensor)
    assert ids.tolist() == [[5, 6, 7, 8, 9], [5, 6, 7, 8, PAD]]
    assert positions.tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 3, 4]]
    assert [row.nonzero().flatten().tolist() for row in kept] == [[1, 3], [2]]
    assert batch["labels"].tolist() == [7, 9, 8]
    assert batch["use_cache"] is False  # with a cache, transformers does not look at the positions


def test_a_sequence_without_rows_is_padding_that_predicts_nothing() -> None:
    batch = TargetCollator(PAD)([[]])
    ids, kept, labels = batch["input_ids"], batch["logits_to_keep"], batch["labels"]
    assert isinstance(ids, torch.Tensor) and isinstance(labels, torch.Tensor)
    assert ids.tolist() == [[PAD]]
    assert not torch.as_tensor(kept).any()
    assert labels.tolist() == [] and labels.dtype == torch.long


@pytest.mark.parametrize(
    ("checkpointing", "longest", "hint"),
    [
        (False, 300, "set training.gradient_checkpointing to true"),
        (True, 300, "lower training.max_packed_tokens, to training.max_length at the least"),
        (True, 256, "lower training.max_length, and training.max_packed_tokens with it"),
    ],
)
def test_what_needs_less_memory_is_told(
    config: Config, checkpointing: bool, longest: int, hint: str
) -> None:
    update = {"max_length": 256, "max_packed_tokens": longest}
    settings = config.training.model_copy(
        update={**update, "gradient_checkpointing": checkpointing}
    )
    assert suggest_less_memory(settings) == fill(hint)


def _count_tokens(lengths: list[int], sequences: list[list[int]]) -> Iterator[int]:
    return (sum(lengths[row] for row in sequence) for sequence in sequences)
