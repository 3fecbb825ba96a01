"""A project that trains all weights: killed, resumed, evaluated beside its base, and asked."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from support.emitted_project import Desk, make_desk

pytestmark = pytest.mark.slow

RUN = Path("runs") / "intent-full"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project whose training was killed after its first checkpoint, and then finished."""
    desk = make_desk(tmp_path_factory.mktemp("full"), method="full")
    assert desk.run("prepare").returncode == 0
    checkpoints = desk.folder / RUN / "checkpoints"
    training = desk.start("train")
    try:
        while training.poll() is None and not list(checkpoints.glob("*/trainer_state.json")):
            time.sleep(0.01)
    finally:
        training.kill()
        training.communicate()
    resumed = desk.run("train")
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming from runs/intent-full/checkpoints/checkpoint-" in resumed.stdout
    # checkpoints of a model this small may be written in the same second, which is said
    assert [line for line in resumed.stderr.splitlines() if "mtime" not in line] == []
    return desk


def test_the_model_is_saved_and_only_the_last_checkpoint_can_be_resumed_from(trained: Desk) -> None:
    run = trained.folder / RUN
    assert (run / "model" / "model.safetensors").is_file()
    assert "all weights fine-tuned" in (run / "model" / "README.md").read_text(encoding="utf-8")
    assert len(list(run.glob("checkpoints/*/optimizer.pt"))) == 1
    assert "peft" not in (trained.folder / "pyproject.toml").read_text(encoding="utf-8")


def test_base_and_tuned_model_answer_the_same_rows(trained: Desk) -> None:
    evaluated = trained.run("evaluate")
    assert evaluated.returncode == 0, evaluated.stderr
    result = json.loads((trained.folder / RUN / "evaluation.json").read_text(encoding="utf-8"))
    counts = {column: result[column]["accuracy"]["n"] for column in ("base", "tuned", "baseline")}
    assert set(counts.values()) == {result["rows"]}


def test_it_answers_and_a_changed_model_is_refused(trained: Desk, tmp_path: Path) -> None:
    answer = trained.run("chat", "--once", "where is my parcel?")
    assert (answer.returncode, bool(answer.stdout.strip())) == (0, True)
    other = trained.copy(tmp_path / "other")
    weights = other.folder / RUN / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    refused = other.run("chat", "--once", "where is my parcel?")
    assert refused.returncode == 1
    assert "the weights in runs/intent-full/model are not those that were trained" in refused.stderr


def test_check_says_what_checkpoints_take(trained: Desk) -> None:
    shown = trained.run("check").stdout
    assert "memory      weights, gradients and optimizer" in shown
    assert "disk        checkpoints up to" in shown
