"""A project whose model another tool trains: data, checks, baseline, and no more than these."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.generate_project import emitted, generate, ruff_faults
from support.run_newft import plain_environment

pytestmark = pytest.mark.slow

PROJECTS = {
    "en": {
        "domain": "customer_service",
        "gpu": "1xRTX4090",
        "model": "zai-org/chatglm3-6b",
        "ci": "github",
    },
    "zh": {
        "domain": "legal",
        "task": "charge",
        "gpu": "2xA100-80GB",
        "model": "baichuan-inc/Baichuan2-7B-Chat",
        "language": "zh",
        "exports": ("llama_factory", "ms_swift"),
    },
}
# what only a project that trains has, in code, settings and requirements
TRAINING_WORDS = re.compile(
    r"import torch|from torch|transformers import|\bpeft\b|accelerate|\bmodel\.id\b|loss_mask"
    r"|hypotheses\.yaml|make (?:train|plan|chat)\b|run_dir|adapter",
    re.IGNORECASE,
)
# a hint of `make` says what there is not, and a docstring of a task whose input chat takes
ALLOWED = re.compile(
    r"there is no make|[Tt]he input of make chat|of a question in make chat|typed in make chat"
)


@pytest.fixture(scope="module", params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "desk"
    generate({**PROJECTS[request.param], "name": "desk"}, folder)
    return folder


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=plain_environment(project.parent) | {"PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def list_make_targets(project: Path) -> list[str]:
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^(\w+):.*##", makefile, re.MULTILINE)


def test_every_command_works_and_training_names_what_to_run(project: Path) -> None:
    assert list_make_targets(project) == [
        "help", "setup", "data", "check", "eval", "test", "lint"
    ]  # fmt: skip
    for module in ("prepare", "export_llama_factory", "check", "evaluate"):
        done = run(project, "-m", f"desk.{module}")
        assert done.returncode == 0, done.stderr
        assert "next: make train" not in done.stdout
    rows = (project / "data/processed/test.jsonl").read_text(encoding="utf-8").count("\n")
    plan = (project / "PLAN.md").read_text(encoding="utf-8")
    assert re.search(rf"(?:test set has|测试集有) {rows} ", plan)
    info = json.loads((project / "data/processed/exports/dataset_info.json").read_bytes())
    recipe = yaml.safe_load((project / "config/llama_factory.yaml").read_text(encoding="utf-8"))
    assert {recipe["dataset"], recipe["eval_dataset"]} <= info.keys()
    evaluation = json.loads(next(project.glob("runs/*/evaluation.json")).read_bytes())
    assert evaluation["baseline"].keys() and "tuned" not in evaluation
    for command in ("train", "plan", "chat"):
        refused = subprocess.run(
            ["make", command], cwd=project, capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert "newft update --set model=" in refused.stderr
        assert "config/llama_factory.yaml" in refused.stderr


def test_its_own_tests_and_its_style_pass(project: Path) -> None:
    own = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert own.returncode == 0, own.stdout[-3000:]
    assert ruff_faults(project) == ""


def test_nothing_of_it_is_about_training_in_the_project(project: Path) -> None:
    found = [
        f"{path}: {line.strip()}"
        for path, text in emitted(project).items()
        if path.endswith((".py", ".toml", ".txt", "Makefile", "run.yaml", ".yml"))
        and not path.startswith(".newft/")
        for line in text.splitlines()
        if TRAINING_WORDS.search(line) and not ALLOWED.search(line)
    ]
    assert found == []
    settings = yaml.safe_load((project / "config/run.yaml").read_text(encoding="utf-8"))
    assert list(settings) == ["run", "data", "task"]
    folders = {path.parent.name for path in (project / "src").rglob("*.py")}
    assert folders == {"desk", "data", "evaluation", "runtime"}


def test_its_documents_name_no_command_that_it_has_not(project: Path) -> None:
    targets = {*list_make_targets(project), "policy"}
    for name in ("PLAN.md", "README.md", "config/run.yaml", "config/llama_factory.yaml"):
        text = (project / name).read_text(encoding="utf-8")
        named = set(" ".join(re.findall(r"`make ([a-z ]+)", text)).split())
        # README says once what there is not
        assert named - targets <= ({"train", "chat"} if name == "README.md" else set()), name
    # its evaluation.json is of the baseline alone
    assert "evaluation.json" not in (project / "PLAN.md").read_text(encoding="utf-8")


def test_every_value_of_the_recipe_has_its_reason_above_it(project: Path) -> None:
    lines = (project / "config/llama_factory.yaml").read_text(encoding="utf-8").splitlines()
    keys = {line.partition(":")[0]: number for number, line in enumerate(lines) if ":" in line}
    reasoned = (
        "lora_rank",
        "learning_rate",
        "cutoff_len",
        "num_train_epochs",
        "bf16",
        "eval_steps",
    )
    for key in reasoned:
        assert lines[keys[key] - 1].startswith("#"), key
