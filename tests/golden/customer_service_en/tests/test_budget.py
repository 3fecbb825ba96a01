"""How many steps and rows fit into a time budget, as measured on the machine."""

from __future__ import annotations

import pytest

from golden_desk import budget
from golden_desk.adapter import add_adapter
from golden_desk.budget import plan_steps, what_fits
from golden_desk.config import Config
from golden_desk.dataset import AnswerCollator, Example
from golden_desk.model import load_base
from golden_desk.model_files import ModelFolder


def test_several_processes_are_told_that_a_time_budget_does_not_hold(
    config: Config,
    tiny_model: ModelFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    settings = config.training.model_copy(update={"time_budget_minutes": 0.001, "epochs": 8})
    base = load_base(tiny_model.path, config.model)
    model = add_adapter(base, config.adapter, checkpointing=False)
    rows = [Example([5, 6, 7, 8], 2)] * 16
    plan = plan_steps(model, settings, AnswerCollator(0), rows, rows)
    assert plan == {"steps": 16, "validation_rows": 16, "processes": 2}
    assert capsys.readouterr().out == (
        "training.time_budget_minutes does not hold for several processes: all steps count\n"
    )


@pytest.mark.parametrize("checkpointing", [True, False])
def test_the_speed_is_measured_on_what_will_be_trained(
    config: Config, tiny_model: ModelFolder, checkpointing: bool
) -> None:
    settings = config.training.model_copy(
        update={"gradient_checkpointing": checkpointing, "time_budget_minutes": 1}
    )
    base = load_base(tiny_model.path, config.model)
    passes = []
    base.model.layers[0].mlp.register_forward_pre_hook(lambda *_: passes.append(1))
    model = add_adapter(base, config.adapter, checkpointing=checkpointing)
    rows = [Example([5, 6, 7, 8], 2)] * 16
    plan_steps(model, settings, AnswerCollator(0), rows, rows)
    batches = 5  # the first only warms up
    assert len(passes) == (2 * batches if checkpointing else batches)


def test_the_speed_is_measured_on_the_longest_rows_of_batches_of_every_length(
    config: Config, tiny_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "TIMED_TOKENS", 24)
    rows = [Example([5] * length, length - 2) for length in range(4, 36)] * 2
    batches = budget.typical_batches(rows, 4)
    lengths = [[len(example.ids) for example in batch] for batch in batches]
    base = load_base(tiny_model.path, config.model).cpu()
    seen: list[tuple[int, int]] = []
    base.model.register_forward_pre_hook(
        lambda _model, _rows, inputs: seen.append(tuple(inputs["input_ids"].shape)),
        with_kwargs=True,
    )
    model = add_adapter(base, config.adapter, checkpointing=False)
    budget.seconds_per_step(model, batches, AnswerCollator(0))
    timed = [(min(4, max(1, 24 // max(each))), max(each)) for each in lengths]
    assert seen == [timed[0], *timed]
    assert lengths[0][0] < 12 and lengths[-1][-1] > 28


@pytest.mark.parametrize(
    ("steps", "every", "epochs", "little"),
    [
        (29, 90, 0.9, "the model learns little in so few steps"),
        (40, 90, 0.4, "most rows go unseen"),
        (40, 90, 1.2, None),
        (9, 9, 0.3, None),
    ],
)
def test_what_can_be_done_is_said_where_little_fits(
    steps: int, every: int, epochs: float, little: str | None
) -> None:
    fits, *warning = what_fits(steps, every, 20, epochs).splitlines()
    assert fits == f"{steps} of {every} steps fit into 20 minutes ({epochs:.2f} epochs of the rows)"
    assert [line.partition(";")[0] for line in warning] == [f"warning: {little}"] * bool(little)
    assert all("raise training.time_budget_minutes" in line for line in warning)
