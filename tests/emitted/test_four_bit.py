"""A project that trains LoRA beside weights in 4 bit: trained, asked, and without what it needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from support.emitted_project import Desk, make_desk

pytestmark = pytest.mark.slow

ADAPTER = Path("runs") / "intent-qlora" / "adapter"


@pytest.fixture(scope="module")
def formatted(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("qlora"), method="qlora")
    assert desk.run("prepare").returncode == 0
    return desk


def test_it_trains_evaluating_in_between_and_answers(formatted: Desk) -> None:
    trained = formatted.run("train")
    assert trained.returncode == 0, trained.stderr
    # bitsandbytes and torch warn of what would go wrong
    assert [line for line in trained.stderr.splitlines() if "mtime" not in line] == []
    weights = load_file(formatted.folder / ADAPTER / "adapter_model.safetensors")
    outputs = [weight for name, weight in weights.items() if "lora_B" in name]
    assert len(outputs) == 14 and all(bool(weight.any()) for weight in outputs)
    answer = formatted.run("chat", "--once", "where is my parcel?")
    assert (answer.returncode, bool(answer.stdout.strip())) == (0, True), answer.stderr


def test_check_says_what_to_install(formatted: Desk) -> None:
    refused = replace(formatted, further=None).run("check")
    assert refused.returncode == 1
    assert "weights in 4 bit do not work on cpu: No module named 'bitsandbytes'" in refused.stderr
    assert "pip install -U bitsandbytes" in refused.stderr
