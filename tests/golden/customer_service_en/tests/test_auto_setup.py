"""What run.yaml leaves to the machine is timed once, kept with the run, and otherwise obeyed."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from golden_desk.config import Config, ModelConfig
from golden_desk.model.adapter import prepare_for_training
from golden_desk.model.load import load_base_model
from golden_desk.model.verify import ModelFolder
from golden_desk.training import auto_setup
from golden_desk.training.auto_setup import (
    Setup,
    apply_setup,
    find_setups,
    measure_saved_bytes,
)
from golden_desk.training.collator import TargetCollator
from golden_desk.training.examples import Example
from golden_desk.training.steps import TrainingInputs

ROWS = [Example([5] * length, length - 2) for length in range(4, 36)]
OPEN = {"model": {"precision": "auto", "attention": "auto"}, "training": {"batch_size": "auto"}}


def left_open(config: Config, **sections: dict[str, object]) -> Config:
    return config.model_copy(
        update={
            name: getattr(config, name).model_copy(update=values)
            for name, values in (OPEN | sections).items()
        }
    )


def find(config: Config, folder: ModelFolder) -> tuple[list[Setup], list[tuple[str, str]]]:
    """What was timed, and what was loaded for it."""
    loaded = []

    def load(model: object) -> torch.nn.Module:
        loaded.append((model.precision, model.attention))
        base = load_base_model(folder.path, model).cpu()
        return prepare_for_training(base, config.method, checkpointing=False, base_name="base")

    inputs = TrainingInputs(config, ROWS, ROWS, TargetCollator(0), load, start_time=0.0)
    return find_setups(inputs), loaded


def test_what_is_left_open_is_timed_and_the_fastest_comes_first(
    config: Config, tiny_model: ModelFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = left_open(config, training={"batch_size": "auto", "gradient_accumulation_steps": 12})
    timed, loaded = find(opened, tiny_model)
    assert {setup.attention for setup in timed} == {"sdpa", "eager"}
    assert {"fp32"} <= {setup.precision for setup in timed} <= {"fp32", "bf16"}
    of_chosen = [setup for setup in timed if setup[:2] == timed[0][:2]]
    assert loaded[-1] == (timed[0].precision, timed[0].attention)
    assert {setup.batch_size for setup in of_chosen} >= {6, 12}
    assert len(capsys.readouterr().out.splitlines()) == 2 + len(timed)
    chosen = apply_setup(opened, timed)
    assert (chosen.model.precision, chosen.model.attention) == timed[0][:2]
    assert chosen.training.batch_size * chosen.training.gradient_accumulation_steps == 12
    assert all(setup.tokens_per_second > 0 for setup in timed)


def test_what_run_yaml_says_is_obeyed(config: Config, tiny_model: ModelFolder) -> None:
    said = left_open(config, model={"precision": "fp32", "attention": "auto"}, training={})
    timed, loaded = find(said, tiny_model)
    assert {precision for precision, _ in loaded} == {"fp32"}
    chosen = apply_setup(said, timed)
    assert chosen.model.precision == "fp32"
    assert chosen.training == config.training
    assert find(config, tiny_model) == ([], [])
    assert apply_setup(config, []) == config


def test_long_rows_are_not_tried_with_attention_that_keeps_a_square(
    config: Config, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_setup, "MAX_EAGER_LENGTH", 30)
    timed, _ = find(left_open(config), tiny_model)
    assert {setup.attention for setup in timed} == {"sdpa"}


def test_a_batch_keeps_to_the_memory(
    config: Config, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = left_open(
        config, model={}, training={"batch_size": "auto", "gradient_accumulation_steps": 8}
    )
    monkeypatch.setattr(auto_setup, "get_machine_memory_gb", lambda: 0.0004)
    few, _ = find(opened, tiny_model)
    monkeypatch.setattr(auto_setup, "get_machine_memory_gb", lambda: 4.0)
    many, _ = find(opened, tiny_model)
    assert max(setup.batch_size for setup in few) < max(setup.batch_size for setup in many) == 8


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_memory_of_a_row_grows_with_its_length_alone(
    config: Config, tiny_model: ModelFolder, precision: str
) -> None:
    base = load_base_model(tiny_model.path, config.model)
    model = prepare_for_training(base, config.method, checkpointing=False, base_name="base")
    short, long = (
        measure_saved_bytes(model, Example([5] * length, 1), TargetCollator(0), precision)
        for length in (20, 40)
    )
    assert long > 1.8 * short


def test_one_model_at_a_time_is_in_memory(
    config: Config, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_setup, "list_precisions", lambda model: ["bf16", "fp32"])
    weights: list[weakref.ref[torch.Tensor]] = []

    def load(model: ModelConfig) -> torch.nn.Module:
        gc.collect()  # as `train.load_model` does
        assert not any(weight() is not None for weight in weights)
        base = load_base_model(tiny_model.path, model)
        weights.append(weakref.ref(base.lm_head.weight))
        return prepare_for_training(base, config.method, checkpointing=False, base_name="base")

    opened = left_open(config)
    find_setups(TrainingInputs(opened, ROWS, ROWS, TargetCollator(0), load, start_time=0.0))
    assert len(weights) == 3


def test_answers_are_computed_as_training_was_where_this_machine_is_fast_in_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = left_open(config).model
    records = {name: {"timed": [Setup(name, "eager", 4)._asdict()]} for name in ("fp32", "bf16")}
    for fast, expected in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(auto_setup, "is_bf16_faster", lambda fast=fast: fast)
        assert auto_setup.resolve_for_inference(opened, records["bf16"]).precision == expected
        assert auto_setup.resolve_for_inference(opened, records["fp32"]).precision == "fp32"
        assert auto_setup.resolve_for_inference(opened, {}).precision == expected
    assert auto_setup.resolve_for_inference(opened, records["bf16"]).attention == "sdpa"
    assert auto_setup.resolve_for_inference(config.model, records["bf16"]) == config.model


def test_a_machine_that_is_too_busy_to_time_everything_takes_what_was_timed(
    config: Config, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_setup, "MAX_TIMING_SECONDS", 0.0)
    opened = left_open(config, training={"batch_size": "auto", "gradient_accumulation_steps": 8})
    timed, loaded = find(opened, tiny_model)
    assert len(timed) == len(loaded) == 1
    chosen = apply_setup(opened, timed)
    assert chosen.training.batch_size * chosen.training.gradient_accumulation_steps == 8
