"""What a project says of itself: where its numbers are from, and only what is true of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from newft.text import Language
from support.generate_project import generate

pytestmark = pytest.mark.slow

TASKS = [
    ("credit_risk", "risk", "en"),
    ("credit_risk", "risk", "zh"),
    ("customer_service", "intent", "en"),
    ("customer_service", "intent", "zh"),
    ("legal", "clause", "en"),
    ("legal", "clause", "zh"),
    ("legal", "charge", "zh"),
]


def said(tmp_path: Path, domain: str, task: str, language: str, **given: str) -> tuple[str, str]:
    """README and run.yaml of a project made from its domain's sample."""
    answers = {"domain": domain, "task": task, "language": language, "name": "desk"}
    generate({"data.files": (), "gpu": "cpu", **answers, **given}, tmp_path / "desk")
    readme, settings = (tmp_path / "desk" / name for name in ("README.md", "config/run.yaml"))
    return readme.read_text(encoding="utf-8"), settings.read_text(encoding="utf-8")


def comment_before(settings: str, key: str) -> str:
    """The reason and the source of a value, on one line."""
    before = settings[: settings.index(f"\n  {key}:")].split("\n")
    lines = []
    while before and before[-1].startswith("  #"):
        lines.insert(0, before.pop().strip().lstrip("#").strip())
    return " ".join(lines)


@pytest.mark.parametrize(("domain", "task", "language"), TASKS)
def test_a_number_from_the_records_names_their_file(
    tmp_path: Path, domain: str, task: str, language: Language
) -> None:
    _, settings = said(tmp_path, domain, task, language)
    read = yaml.safe_load(settings)
    (file,) = read["data"]["files"]
    for key in ("max_length", *{"positive", "recommendations", "inputs", "out_of_scope"}):
        if f"\n  {key}:" in settings:
            assert file in comment_before(settings, key)
    for key in {"question_template", "label_rules", "label_field_names", "leak_patterns"} & read[
        "task"
    ].keys():
        cited = f"newft, domains/{domain}/kit.yaml, tasks.{task}.{key}"
        assert cited in comment_before(settings, key)


@pytest.mark.parametrize(("gpu", "memory"), [("cpu", "内存"), ("1x24GB", "显存"), ("mps", "内存")])
def test_the_memory_is_called_what_it_is(tmp_path: Path, gpu: str, memory: str) -> None:
    readme, settings = said(tmp_path, "legal", "charge", "zh", gpu=gpu)
    assert set(re.findall("内存|显存", readme + settings)) == {memory}


@pytest.mark.parametrize(
    ("family", "model", "language", "warned"),
    [
        ("smollm2", "embedded", "zh", "官方没有把中文列为"),
        ("qwen3", "Qwen/Qwen3-0.6B", "zh", ""),
        ("smollm2", "embedded", "en", ""),
    ],
)
def test_a_model_without_chinese_is_said_to_show_no_quality(
    tmp_path: Path, family: str, model: str, language: Language, warned: str
) -> None:
    readme, _ = said(tmp_path, "credit_risk", "risk", language, family=family, model=model)
    assert warned in readme
    assert ("没有把中文列为" in readme or "do not name Chinese" in readme) == bool(warned)


@pytest.mark.parametrize(("domain", "task", "language"), TASKS)
def test_a_readme_speaks_of_slices_only_where_there_are_some(
    tmp_path: Path, domain: str, task: str, language: Language
) -> None:
    readme, settings = said(tmp_path, domain, task, language)
    assert ("`data.slice_fields`" in readme) == bool(
        yaml.safe_load(settings)["data"]["slice_fields"]
    )


@pytest.mark.parametrize(("domain", "task", "language"), TASKS)
def test_no_test_of_a_project_is_written_to_be_skipped(
    tmp_path: Path, domain: str, task: str, language: Language
) -> None:
    said(tmp_path, domain, task, language)
    texts = (path.read_text(encoding="utf-8") for path in (tmp_path / "desk/tests").glob("*.py"))
    assert not any(re.search(r"mark\.skip|pytest\.skip|importorskip", text) for text in texts)
