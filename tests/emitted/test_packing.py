"""A project that packs rows trains as one that pads them, in one process and in several."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from support.emitted_project import Desk, make_desk

pytestmark = pytest.mark.slow

ON_CPU = ("--set", "training.device=cpu", "--set", "model.precision=fp32")
UPDATE = ("--set", "recipe.batch_size=2", "--set", "recipe.gradient_accumulation_steps=4")


def make_project(folder: Path, packed: int) -> Desk:
    folder.mkdir()
    options = (*UPDATE, "--set", f"recipe.max_packed_tokens={packed}")
    desk = make_desk(folder, gpu="1xRTX4090", options=options)
    assert desk.run("prepare").returncode == 0
    return desk


@pytest.fixture(scope="module")
def padded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_project(tmp_path_factory.mktemp("packing") / "padded", 0)
    done = desk.run("train", *ON_CPU)
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_project(tmp_path_factory.mktemp("packing") / "packed", 600)


def read_run(desk: Desk, name: str) -> tuple[list[float], dict[str, torch.Tensor]]:
    """The validation losses of a run, and what it trained."""
    (run,) = (path for path in (desk.folder / "runs").iterdir() if path.name == name)
    history = json.loads((run / "result.json").read_bytes())["history"]
    (weights,) = run.glob("*/adapter_model.safetensors")
    return [entry["eval_loss"] for entry in history if "eval_loss" in entry], load_file(weights)


def get_run_name(desk: Desk) -> str:
    text = (desk.folder / "config/run.yaml").read_text(encoding="utf-8")
    (name,) = re.findall(r"(?m)^  name: (\S+)", text.partition("\ntask:")[0])[:1]
    return str(name)


def test_a_packed_run_has_the_losses_and_the_weights_of_a_padded_one(
    padded: Desk, packed: Desk
) -> None:
    done = packed.run("train", *ON_CPU)
    assert done.returncode == 0, done.stderr
    (passes, most) = re.findall(
        r"packed: a step is about (\S+) passes of up to (\d+) tokens instead of 4", done.stdout
    )[0]
    assert float(passes) < 4 and int(most) <= 600
    losses, weights = read_run(packed, get_run_name(packed))
    usual, expected = read_run(padded, get_run_name(padded))
    assert len(losses) > 1
    assert losses == pytest.approx(usual, rel=1e-4)
    assert weights.keys() == expected.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-2, atol=1e-4)


def test_a_packed_run_that_ran_out_of_memory_goes_on_with_shorter_sequences(packed: Desk) -> None:
    words = ("train", "--set", "run.name=stopped", *ON_CPU)
    assert packed.run(*words).returncode == 0
    losses, _ = read_run(packed, "stopped")
    run = packed.folder / "runs" / "stopped"
    checkpoints = run.glob("**/checkpoint-*")
    shutil.rmtree(max(checkpoints, key=lambda path: int(path.name.rpartition("-")[2])))
    (run / "result.json").unlink()
    less = ("training.max_packed_tokens=300", "training.gradient_checkpointing=true")
    resumed = packed.run(*words, *(word for each in less for word in ("--set", each)))
    assert "resuming from" in resumed.stdout, resumed.stderr
    assert "passes of up to 600" not in resumed.stdout
    again, _ = read_run(packed, "stopped")
    assert again == pytest.approx(losses, rel=1e-4)
    checked = packed.run("check", "--set", "run.name=stopped", *ON_CPU)
    assert "other settings" not in checked.stdout + checked.stderr


def test_several_processes_share_the_sequences_of_an_update(padded: Desk, packed: Desk) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", "-m", "desk.train", "--set", "run.name=two", *ON_CPU),
        ],
        cwd=packed.folder,
        env=packed.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, weights = read_run(packed, "two")
    _, expected = read_run(padded, get_run_name(padded))
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-2, atol=1e-4)


def test_a_longer_row_than_a_sequence_is_refused_with_its_place(packed: Desk) -> None:
    refused = packed.run("train", "--dry-run", *ON_CPU, "--set", "training.max_packed_tokens=64")
    assert refused.returncode == 1
    assert "training.max_packed_tokens is 64: it must be at least training.max_length, 256" in (
        refused.stderr
    )


@pytest.mark.parametrize("order", ["packed, then padded", "padded, then packed"])
def test_a_run_from_before_an_update_is_evaluated_and_asked(
    order: str, padded: Desk, packed: Desk
) -> None:
    before, now = (packed, padded) if order.startswith("packed") else (padded, packed)
    assert before.run("train", *ON_CPU).returncode == 0  # once, whichever test comes first
    shutil.copytree(before.folder / "runs" / get_run_name(before), now.folder / "runs" / "before")
    words = ("--set", "run.name=before", *ON_CPU)
    evaluated = now.run("evaluate", *words)
    assert evaluated.returncode == 0, evaluated.stderr
    assert "run.yaml differs" not in evaluated.stderr
    card = (now.folder / "runs" / "before" / "adapter" / "README.md").read_text(encoding="utf-8")
    assert ("| training.max_packed_tokens | 600 |" in card) == (before is packed)
    answered = now.run("chat", "--once", "where is my parcel?", *words)
    assert answered.returncode == 0, answered.stderr
