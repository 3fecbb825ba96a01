"""A project whose model it cannot train: the data are prepared, and another way is named."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.generate_project import generate
from support.run_newft import plain_environment

pytestmark = pytest.mark.slow


def run(project: Path, module: str) -> subprocess.CompletedProcess[str]:
    environment = plain_environment(project.parent) | {"PYTHONPATH": str(project / "src")}
    return subprocess.run(
        [sys.executable, "-m", f"desk.{module}"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_data_are_prepared_and_training_names_the_successor(tmp_path: Path) -> None:
    project = tmp_path / "desk"
    generate({"gpu": "cpu", "model": "zai-org/chatglm3-6b", "name": "desk"}, project)
    done_first, done = run(project, "prepare"), run(project, "export_llama_factory")
    assert (done_first.returncode, done.returncode) == (0, 0), done_first.stderr + done.stderr
    info = json.loads((project / "data/processed/exports/dataset_info.json").read_bytes())
    assert {"sharegpt_train", "sharegpt_validation"} <= info.keys()
    assert "cutoff_len" in done_first.stdout
    for command in ("check", "train", "eval", "plan", "chat"):
        refused = subprocess.run(
            ["make", command], cwd=project, capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert "zai-org/GLM-4-9B-0414" in refused.stderr
        assert "config/llama_factory.yaml" in refused.stderr
    refused = run(project, "check")
    assert refused.returncode == 1
    assert "zai-org/GLM-4-9B-0414" in refused.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_its_texts_name_no_command_that_it_has_not(language: str, tmp_path: Path) -> None:
    answers = {"gpu": "1xRTX4090", "model": "baichuan-inc/Baichuan2-7B-Chat", "name": "desk"}
    generate(answers | {"language": language}, tmp_path / "desk")
    for name, left in (("README.md", 1), ("config/llama_factory.yaml", 0)):
        text = (tmp_path / "desk" / name).read_text(encoding="utf-8")
        named = re.findall(r"make\s+(?:check|train|eval|chat)", text)
        assert len(named) == left, named  # README says once that there is none of them
    makefile = (tmp_path / "desk/Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+):.*##", makefile, re.MULTILINE) == [
        "help", "setup", "data", "test", "lint"
    ]  # fmt: skip
    settings = (tmp_path / "desk/config/run.yaml").read_text(encoding="utf-8")
    said = settings.split("\n  attention:")[0].rpartition("\n  precision:")[2]
    assert "config/llama_factory.yaml" in said
