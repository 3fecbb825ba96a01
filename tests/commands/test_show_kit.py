"""`newft show --kit`: what there is for the projects of a starter kit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.checkout import REPOSITORY
from support.run_newft import run_newft

KITS = REPOSITORY / "tests" / "cases" / "kits"


def show(topic: str, kit: str, cwd: Path) -> list[dict[str, Any]]:
    words = ("show", topic, "--json", "--kit", str(KITS / kit), "--lang", "zh")
    run = run_newft(*words, cwd=cwd)
    assert run.returncode == 0, run.stderr
    shown: list[dict[str, Any]] = json.loads(run.stdout)
    return shown


def test_the_questions_of_a_kit_come_after_those_of_newft(tmp_path: Path) -> None:
    shown = show("questions", "bank", tmp_path)
    names = ("owner", "classification", "approval")  # the last is asked in some projects only
    assert [one["id"] for one in shown[-3:]] == [f"kit.answers.{name}" for name in names]
    assert shown[-1]["text"] == "使用机密数据的审批编号"
    assert shown[-1]["options"] == ["--set kit.answers.approval"]
    assert shown[0]["id"] == "data"


@pytest.mark.parametrize(("kit", "domain"), [("bank", "credit_risk"), ("insurance_claims",) * 2])
def test_the_only_domain_is_that_of_the_kit(kit: str, domain: str, tmp_path: Path) -> None:
    assert [one["id"] for one in show("domains", kit, tmp_path)] == [domain]


def test_only_what_the_policy_of_a_kit_allows_is_listed(tmp_path: Path) -> None:
    manifest = """\
title: {en: Desk, zh: 客服台}
version: 1.0.0
extends: customer_service
policy:
  families: [qwen3, llama3]
  licenses: [apache-2.0]
  methods: [lora, freeze]
"""
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "kit.yaml").write_text(manifest, encoding="utf-8")
    kit = str(tmp_path / "kit")
    assert [one["id"] for one in show("families", kit, tmp_path)] == ["qwen3"]
    assert [one["id"] for one in show("methods", kit, tmp_path)] == ["freeze", "lora"]
    models = show("models", kit, tmp_path)
    assert {(one["family"], one["license"]) for one in models} == {("qwen3", "apache-2.0")}


def test_only_what_a_kit_locks_is_listed(tmp_path: Path) -> None:
    assert [one["id"] for one in show("families", "bank", tmp_path)] == ["qwen3"]
    assert [one["id"] for one in show("methods", "bank", tmp_path)] == ["lora"]
