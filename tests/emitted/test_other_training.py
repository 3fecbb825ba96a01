"""A project whose model it cannot train: the data are prepared, and another way is named."""

from __future__ import annotations

import json
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
    for module in ("prepare", "export_llama_factory"):
        done = run(project, module)
        assert done.returncode == 0, done.stderr
    info = json.loads((project / "data/processed/exports/dataset_info.json").read_bytes())
    assert {"sharegpt_train", "sharegpt_validation"} <= info.keys()
    for module in ("check", "train"):
        refused = run(project, module)
        assert refused.returncode == 1
        assert "zai-org/GLM-4-9B-0414" in refused.stderr
        assert "config/llama_factory.yaml" in refused.stderr
