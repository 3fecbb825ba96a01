"""Rows that the memory cannot hold: the warning names choices that hold more of them."""

from __future__ import annotations

from dataclasses import replace

from newft.decide.inputs import Inputs
from newft.decide.long_rows import warn_of_long_rows
from newft.decide.recipe import build_recipe
from newft.schema.hardware import Hardware
from newft.text import Text
from support.decide_examples import ANSWERS, CATALOG, EIGHT, LORA, QWEN, TASK, card, facts


def warn(memory_gb: float, lengths: tuple[int, int, int], **given: str) -> Text | None:
    answers = replace(ANSWERS, recipe=given)
    hardware = Hardware(card(memory_gb))
    inputs = Inputs(answers, facts(lengths=lengths), QWEN, EIGHT, hardware, TASK, LORA, CATALOG)
    return warn_of_long_rows(inputs, build_recipe(inputs))


def test_nothing_is_said_where_every_row_fits() -> None:
    assert warn(80.0, (100, 200, 400)) is None


def test_a_method_and_a_smaller_model_are_named_with_length_and_memory() -> None:
    warning = warn(24.0, (6000, 20_000, 60_000))
    assert warning
    assert "lose their middle part; longer rows fit with --method qlora (" in warning.en
    assert " or `Qwen/Qwen3-0.6B` (" in warning.en
    assert "GB)" in warning.en and "个 token，至多" in warning.zh


def test_a_length_that_the_user_gives_needs_no_alternative() -> None:
    warning = warn(24.0, (6000, 20_000, 60_000), max_length="2048")
    assert warning
    assert warning.en.endswith("lose their middle part")
