"""Killed at any moment: the old or the new, and training ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.emitted_project import Desk
from support.run_newft import plain_environment, run_newft
from support.warm_process import WarmProcess

pytestmark = pytest.mark.slow

RUN = Path("runs") / "intent-lora"


def validation_losses(desk: Desk) -> list[float]:
    result = json.loads((desk.folder / RUN / "result.json").read_text(encoding="utf-8"))
    return [entry["eval_loss"] for entry in result["history"] if "eval_loss" in entry]


def killed_when(process: subprocess.Popen[str] | WarmProcess, moment: Callable[[], bool]) -> bool:
    """Whether the process was still there to be killed at the moment."""
    try:
        while process.poll() is None and not moment():
            time.sleep(0.001)
        alive = process.poll() is None
    finally:
        process.kill()
        process.communicate()
    return alive


def test_training_killed_again_and_again_ends_as_the_unbroken_one(
    ready: Desk, tmp_path: Path
) -> None:
    unbroken = ready.copy(tmp_path / "unbroken")
    assert unbroken.run("train").returncode == 0
    checkpoints = ready.folder / RUN / "checkpoints"
    chance = random.Random(7)

    def begun(name: str) -> Callable[[], bool]:
        """The moment when a file of a further checkpoint is there, and others are not yet."""
        before = set(checkpoints.glob(f"*/{name}"))
        return lambda: bool(set(checkpoints.glob(f"*/{name}")) - before)

    def after(seconds: float) -> Callable[[], bool]:
        end = time.monotonic() + seconds
        return lambda: time.monotonic() > end

    def second_begun() -> bool:
        """The moment when a second checkpoint is written: the first is whole."""
        return len(set(checkpoints.glob("*/trainer_state.json"))) > 1

    saving = begun("adapter_config.json"), begun("optimizer.pt"), second_begun
    starting = after(chance.uniform(1, 6))
    kills = 0
    for moment in (saving[0], starting, saving[1], saving[2]):
        start = ready.start_cold if moment is starting else ready.start
        kills += killed_when(start("train"), moment)
        assert not (ready.folder / RUN / "adapter" / "adapter_model.safetensors.partial").exists()
    assert kills >= 3
    last = ready.run("train")
    assert last.returncode == 0
    assert "resuming from runs/intent-lora/checkpoints/checkpoint-" in last.stdout

    assert validation_losses(ready) == pytest.approx(validation_losses(unbroken), rel=1e-4)
    assert files(ready.folder / "runs") == files(unbroken.folder / "runs")
    assert ready.run("chat", "--once", "hello").returncode == 0


def test_a_run_killed_while_it_writes_its_adapter_is_not_used(ready: Desk) -> None:
    adapter = ready.folder / RUN / "adapter"
    killed = killed_when(ready.start("train"), lambda: any(adapter.glob("*")))
    if not killed or (ready.folder / RUN / "result.json").exists():
        pytest.skip("the run was faster than the kill")
    run = ready.run("chat", "--once", "hello")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "error: training of runs/intent-lora has not finished\n\nhint: run `make train` first\n"
    )
    assert ready.run("train").returncode == 0
    assert ready.run("chat", "--once", "hello").returncode == 0


@pytest.mark.parametrize("existing", [True, False])
def test_new_killed_at_a_random_moment_leaves_the_old_or_the_new(
    existing: bool, tmp_path: Path
) -> None:
    words = ("new", "desk", "--yes", "--gpu", "cpu", "--json")
    (tmp_path / "whole").mkdir()
    began = time.monotonic()
    assert run_newft(*words, cwd=tmp_path / "whole").returncode == 0
    longest = time.monotonic() - began
    ours = {"LICENSE"} if existing else set()
    new = files(tmp_path / "whole" / "desk") | ours
    chance = random.Random(11)
    for attempt in range(8):
        place = tmp_path / str(attempt)
        place.mkdir()
        if existing:
            (place / "desk").mkdir()
            (place / "desk" / "LICENSE").write_text("mine", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "newft", *words],
            cwd=place,
            env=plain_environment(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + chance.uniform(longest / 2, longest)
        stage = place / ("desk/.newft-apply" if existing else ".desk.newft-apply")
        killed_when(process, lambda end=end, s=stage: time.monotonic() > end or s.exists())
        again = run_newft(*words, cwd=place)
        assert files(place / "desk") == new
        assert [path.name for path in place.iterdir() if path.name not in ("desk", "state")] == []
        finished = "an interrupted run has just been finished here"
        assert (
            again.returncode == 0
            or finished in again.stderr
            or "cannot be replaced" in again.stderr
        )


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
