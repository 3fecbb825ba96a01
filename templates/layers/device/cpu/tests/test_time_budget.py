"""A time budget holds on a machine that is busy for a while, and a faster one uses its time."""

from __future__ import annotations

import io
import json
import math
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.flop_counter import FlopCounterMode
from transformers import TrainerControl, TrainerState, TrainingArguments

from package_name import evaluate, train
from package_name.config import Config, TrainingConfig
from package_name.evaluation import timed_batches
from package_name.model import load
from package_name.model.adapter import prepare_for_training
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder
from package_name.runtime.messages import fill
from package_name.training import time_budget
from package_name.training.collator import TargetCollator
from package_name.training.examples import Example
from package_name.training.progress import ProgressCallback
from package_name.training.run_dir import get_run_dir
from package_name.training.steps import build_steps
from package_name.training.time_budget import (
    AdaptiveStepPlan,
    TimeBudget,
    TimeBudgetCallback,
)

TOKENS = 100  # of a step
EVERY = 400  # steps of all epochs


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def simulate(
    settings: TrainingConfig, seconds: Callable[[int], float], speed: float
) -> TrainerState:
    """A run as the Trainer makes it, where each step takes so many seconds, a validation five."""
    clock, state, control = Clock(), TrainerState(), TrainerControl()
    arguments = TrainingArguments(use_cpu=True)
    limit = TimeBudget(settings, [TOKENS] * EVERY)
    plan = AdaptiveStepPlan(
        limit.first_plan(0.0, speed), settings.lr_scheduler, settings.warmup_ratio
    )
    progress = ProgressCallback(plan, [TOKENS] * EVERY, settings.num_evaluations, clock=clock)
    correction = TimeBudgetCallback(limit, plan, progress)
    progress.on_train_begin(arguments, state, control)
    validations = []
    while state.global_step < state.max_steps:
        progress.on_step_begin(arguments, state, control)
        clock.now += seconds(state.global_step)
        state.global_step += 1
        for callback in (progress, correction):
            callback.on_step_end(arguments, state, control)
        if control.should_evaluate:
            validations.append(state.global_step)
            clock.now += 5
            control.should_evaluate = False
    state.log_history = [{"seconds": clock.now - 1_000, "last": plan(state.max_steps - 1)}]
    state.best_global_step = len(validations)
    return state


@pytest.fixture
def settings(config: Config) -> TrainingConfig:
    return config.training.model_copy(
        update={
            "time_budget_minutes": 5,
            "num_evaluations": 5,
            "lr_scheduler": "linear",
            "warmup_ratio": 0.1,
        }
    )


def test_a_machine_of_steady_speed_keeps_its_plan(settings: TrainingConfig) -> None:
    state = simulate(settings, lambda step: 1.0, speed=TOKENS)
    assert 255 <= state.max_steps <= 280  # 300 s, of which 25 are for validation
    assert state.log_history[0]["seconds"] <= 300
    assert state.best_global_step == 5


def test_a_machine_that_is_busy_at_first_uses_the_time_it_has_left(
    settings: TrainingConfig,
) -> None:
    state = simulate(settings, lambda step: 10.0 if step < 5 else 1.0, speed=TOKENS / 10)
    assert state.max_steps > 150  # 25 were planned
    assert 270 <= state.log_history[0]["seconds"] <= 300
    assert state.log_history[0]["last"] < 0.02  # the learning rate has fallen all the same


def test_a_machine_that_gets_busy_ends_in_time(settings: TrainingConfig) -> None:
    state = simulate(settings, lambda step: 1.0 if step < 50 else 8.0, speed=TOKENS)
    assert state.max_steps < 100  # 255 were planned
    assert state.log_history[0]["seconds"] <= 300 + 8
    assert state.log_history[0]["last"] < 0.05


def test_a_machine_that_is_too_slow_trains_one_step(settings: TrainingConfig) -> None:
    state = simulate(settings, lambda step: 900.0, speed=TOKENS / 900)
    assert (state.max_steps, state.best_global_step) == (1, 1)


def test_a_fast_machine_trains_all_epochs_and_no_more(settings: TrainingConfig) -> None:
    assert simulate(settings, lambda step: 0.01, speed=TOKENS * 100).max_steps == EVERY


@given(st.lists(st.floats(0.05, 20), min_size=EVERY, max_size=EVERY), st.floats(1, 3_000))
def test_whatever_the_speed_a_run_ends_about_in_time(
    run_yaml: Config, seconds: list[float], speed: float
) -> None:
    settings = run_yaml.training.model_copy(
        update={
            "time_budget_minutes": 5,
            "num_evaluations": 5,
            "lr_scheduler": "linear",
            "warmup_ratio": 0.1,
        }
    )
    state = simulate(settings, seconds.__getitem__, speed)
    # two steps and two validations that took longer than those before
    assert state.log_history[0]["seconds"] <= 300 + 2 * 20 + 2 * 5
    assert 1 <= state.best_global_step <= 5


@given(
    st.sampled_from(["linear", "cosine", "constant_with_warmup"]),
    st.floats(0, 0.5),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 60)), max_size=4),
)
def test_the_learning_rate_has_no_jump_where_the_plan_changes(
    schedule: str, warmup: float, changes: list[tuple[int, int]]
) -> None:
    plan, step = AdaptiveStepPlan(50, schedule, warmup), 0
    for done, more in changes:
        step = min(step + done, plan.steps - 1)
        before = plan.progress(step)
        plan.change(step, step + more)
        assert plan.progress(step) == pytest.approx(before)
    assert plan.progress(plan.steps) == pytest.approx(1)
    assert all(0 <= plan(each) <= 1 for each in range(step, plan.steps + 1))


def test_checkpoints_keep_the_plan(settings: TrainingConfig) -> None:
    def schedule(plan: AdaptiveStepPlan) -> LambdaLR:
        return LambdaLR(torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))]), plan)

    plan = AdaptiveStepPlan(100, "linear", 0.1)
    plan.change(20, 60)
    plan.seconds_spent = 12.5
    saved = io.BytesIO()
    torch.save(schedule(plan).state_dict(), saved)
    saved.seek(0)
    resumed = AdaptiveStepPlan(100, "linear", 0.1)
    schedule(resumed).load_state_dict(torch.load(saved, weights_only=True))
    assert asdict(resumed) == asdict(plan)


def test_a_step_computes_at_least_as_many_forward_passes_as_the_budget_takes_it_to(
    config: Config,
    tiny_model: ModelFolder,
    settings: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # products with packed weights are not counted
    monkeypatch.setattr(load, "choose_loading_options", lambda dtype, on: {"dtype": dtype})
    base = load_base_model(tiny_model.path, config.model)
    model = prepare_for_training(base, config.method, checkpointing=False, base_name="base")
    batch = TargetCollator(0)([Example([5] * 32, 1)])
    with FlopCounterMode(display=False) as forward:
        loss = model(**batch).loss
    with FlopCounterMode(display=False) as backward:
        loss.backward()
    computed = 1 + backward.get_total_flops() / forward.get_total_flops()
    kept = settings.model_copy(update={"gradient_checkpointing": False})
    assert TimeBudget(kept, [TOKENS]).passes <= computed + 0.5
    recomputed = settings.model_copy(update={"gradient_checkpointing": True})
    assert TimeBudget(recomputed, [TOKENS]).passes <= 1 + computed + 0.5


@pytest.mark.parametrize(
    ("planned", "epochs", "rows", "warnings"),
    [(29, 9, 80, 1), (40, 9, 3_200, 1), (40, 9, 80, 0), (9, 1, 36, 0)],
)
def test_what_can_be_done_is_said_where_little_fits(
    config: Config,
    capsys: pytest.CaptureFixture[str],
    planned: int,
    epochs: int,
    rows: int,
    warnings: int,
) -> None:
    settings = config.training.model_copy(update={"epochs": epochs})
    steps = build_steps([Example([5, 6], 1)] * rows, settings, seed=1)
    time_budget.print_warnings(planned, steps, rows=rows)
    said = capsys.readouterr().out.splitlines()
    every = len(steps.tokens)
    assert len(said) == (planned < every) + 2 * warnings


def test_a_time_budget_shortens_the_run_and_its_evaluation(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    training = formatted.training.model_copy(
        update={"time_budget_minutes": 0.005, "epochs": 500, "num_evaluations": 1}
    )
    evaluation = formatted.evaluation.model_copy(update={"time_budget_minutes": 0.0001})
    budgeted = formatted.model_copy(update={"training": training, "evaluation": evaluation})
    train.main(budgeted, Namespace(dry_run=False))
    run = get_run_dir(budgeted)
    steps = run.record()["steps"]
    assert 1 <= steps < 500 * 7
    said = capsys.readouterr().out
    every = math.ceil(500 * run.record()["train_rows"] / 4)
    order = [
        fill("loading {model}", model=budgeted.model.id),
        fill("measuring the speed of this machine ..."),
        fill("{steps:,} of {every:,} steps fit into the time budget", steps=steps, every=every),
        fill("training into {path}", path=run.path),
    ]
    places = [said.index(each) for each in order]
    assert places == sorted(places)
    evaluate.main(budgeted, Namespace())
    measured = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))
    assert measured["rows"] == min(timed_batches.MIN_ROWS, measured["test_rows"])
