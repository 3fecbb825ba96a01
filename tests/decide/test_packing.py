"""Sequence packing: taken where it saves passes and is safe, and refused where it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.decide.inputs import Inputs
from newft.decide.recipe import build_recipe
from newft.errors import IncompatibleError
from newft.schema.answers import RecipeAnswer
from newft.schema.family import GENERIC_FAMILY, Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import TrainingMethod
from newft.schema.plan import Recipe
from newft.schema.reasoned import Sourced
from newft.text import Text
from support.decide_examples import (
    ANSWERS,
    CATALOG,
    CPU,
    EIGHT,
    LORA,
    METHODS,
    QWEN,
    SMALL,
    SMOL,
    SMOLLM,
    TASK,
    card,
    facts,
)

CARD = Hardware(card(24.0))
TAIL = (100, 400, 8000)  # characters: a few rows are much longer than the others
KEY = "max_packed_tokens"
UNSAFE = Sourced(False, Text("rows see each other", "各行互相可见"), "its code")


def recipe(
    size: ModelSpec = EIGHT,
    family: Family = QWEN,
    *,
    hardware: Hardware = CARD,
    method: TrainingMethod = LORA,
    lengths: tuple[int, int, int] = TAIL,
    **values: RecipeAnswer,
) -> Recipe:
    answers = replace(ANSWERS, recipe=values)
    known = facts(2000, lengths=lengths)
    return build_recipe(Inputs(answers, known, family, size, hardware, TASK, method, CATALOG))


def test_a_few_long_rows_do_not_make_every_update_many_passes() -> None:
    chosen = recipe()
    assert (chosen.batch_size.value, chosen.gradient_accumulation_steps.value) == (2, 8)
    assert chosen.max_packed_tokens.value >= chosen.max_length.value
    assert "instead of 8 of 2 rows" in chosen.max_packed_tokens.why.en
    assert "2107.02027" in chosen.max_packed_tokens.source.en


def test_rows_stay_padded_where_a_batch_holds_an_update() -> None:
    chosen = recipe(SMALL, lengths=(60, 110, 140), gradient_accumulation_steps="1")
    assert chosen.max_packed_tokens.value == 0
    assert "rows are padded" in chosen.max_packed_tokens.why.en


def test_what_is_packed_changes_nothing_else() -> None:
    packed, padded = recipe(), recipe(max_packed_tokens="0")
    assert padded.max_packed_tokens.value == 0 < packed.max_packed_tokens.value
    assert packed.batch_size.value == padded.batch_size.value
    assert "the memory depends on max_packed_tokens" in packed.batch_size.why.en
    changed = {key: getattr(padded, key) for key in ("max_packed_tokens", "batch_size")}
    assert replace(packed, **changed) == padded


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"hardware": CPU, "size": SMOL, "family": SMOLLM}, "on a CPU"),
        ({"hardware": Hardware(card(64.0, kind="npu"))}, "CUDA"),
        ({"method": METHODS["prefix"]}, "prefix"),
        ({"family": replace(QWEN, packing=UNSAFE)}, "rows see each other"),
        ({"family": replace(QWEN, id=GENERIC_FAMILY)}, "not tested"),
    ],
)
def test_it_is_refused_where_rows_would_see_each_other_or_nobody_knows(
    choices: dict[str, object], said: str
) -> None:
    chosen = recipe(**choices, lengths=(60, 110, 140))  # type: ignore[arg-type]
    assert chosen.max_packed_tokens.value == 0
    assert said in chosen.max_packed_tokens.why.en
    with pytest.raises(IncompatibleError) as caught:
        recipe(**choices, lengths=(60, 110, 140), max_packed_tokens="4096")  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert caught.value.where == f"recipe.{KEY}"


@pytest.mark.parametrize(("tokens", "said"), [("64", "rows are packed whole"), ("300000", "GB")])
def test_sequences_hold_a_row_and_fit_into_memory(tokens: str, said: str) -> None:
    with pytest.raises(IncompatibleError, match=f"recipe.{KEY}") as caught:
        recipe(max_packed_tokens=tokens)
    assert said in str(caught.value)


@given(memory=st.sampled_from([24, 32, 40, 80]), longest=st.integers(200, 20_000))
def test_a_sequence_is_never_shorter_than_a_row(memory: int, longest: int) -> None:
    chosen = recipe(hardware=Hardware(card(memory)), lengths=(100, 150, longest))
    tokens = chosen.max_packed_tokens.value
    assert tokens == 0 or tokens >= chosen.max_length.value


def test_the_families_whose_rows_would_see_each_other_are_known() -> None:
    """tests/emitted/test_model_classes.py finds them by the gradients of small models."""
    refused = {one.id for one in load_catalog().families.values() if one.packing is not None}
    assert refused == {"gpt_oss", "qwen3_5"}
