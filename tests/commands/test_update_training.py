"""`newft update` from a model that another tool trains to one that a project trains, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.files import read_contents
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

MODELS = {
    "en": ("zai-org/chatglm3-6b", "zai-org/GLM-4-9B-0414", ("customer_service", "intent")),
    "zh": ("baichuan-inc/Baichuan2-7B-Chat", "Qwen/Qwen3-8B", ("legal", "charge")),
}
HEADINGS = {"en": "## What to edit\n", "zh": "## 想改什么，去哪里改\n"}


def make_project(language: str, model: str, folder: Path) -> Path:
    domain, task = MODELS[language][2]
    options = ("--domain", domain, "--task", task, "--model", model, "--gpu", "1xA100-80GB")
    made = run_newft("new", "desk", "--yes", "--language", language, *options, cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder / "desk"


def edit(project: Path, path: str, old: str, new: str) -> None:
    text = (project / path).read_text(encoding="utf-8")
    assert old in text, path
    (project / path).write_text(text.replace(old, new, 1), encoding="utf-8")


def take_model(project: Path, model: str) -> None:
    done = run_newft("update", "--yes", "--set", f"model={model}", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr


def list_own(project: Path) -> dict[str, bytes]:
    """Every file of a project but the records of newft."""
    contents = read_contents(project)
    return {path: data for path, data in contents.items() if not path.startswith(".newft/")}


@pytest.mark.parametrize("language", MODELS)
def test_training_comes_with_a_model_and_goes_with_it(language: str, tmp_path: Path) -> None:
    elsewhere, here, _ = MODELS[language]
    for name in ("ours", "fresh"):
        (tmp_path / name).mkdir()
    project = make_project(language, elsewhere, tmp_path / "ours")
    fresh = list_own(make_project(language, here, tmp_path / "fresh"))
    begun = list_own(project)
    take_model(project, here)
    assert list_own(project) == fresh
    take_model(project, elsewhere)
    assert list_own(project) == begun

    edit(project, "src/desk/formatting.py", '"""', '"""Ours. ')
    edit(project, "config/run.yaml", "\n  system: ", "\n  system: >-\n    Ours. ")
    edit(project, "README.md", HEADINGS[language], f"{HEADINGS[language]}\nAsk Ann first.\n")
    edited = list_own(project)
    take_model(project, here)
    both = list_own(project)
    changed = {path for path in both if both[path] != fresh[path]}
    assert changed == {path for path in edited if edited[path] != begun[path]}
    take_model(project, elsewhere)
    assert list_own(project) == edited
