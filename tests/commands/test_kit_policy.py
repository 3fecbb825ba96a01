"""A kit cannot set by its files what it, or the kit that it extends, forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.kit_folders import write_files, write_kit
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

QUICK = ("--yes", "--gpu", "cpu", "--task", "intent", "--language", "en")
HOUSE = """
title: House rules
extends: customer_service
locked: {method: {value: lora, why: the servers load LoRA alone}}
policy: {methods: [lora], licenses: [apache-2.0]}
"""
CHILD = "title: Team\nextends: ../house\n"
ENTRY = REPOSITORY / "templates/project/_entry.jinja"


def new(folder: Path, **files: str) -> str:
    """What `newft new` says of a kit with these files, which extends one with a policy."""
    write_kit(folder / "house", HOUSE)
    replaced = ", ".join(path.removeprefix("overlay/project/") for path in files)
    manifest = f"{CHILD}replaces: [{replaced}]\n"
    write_files(folder / "team", {"kit.yaml": manifest, **files})
    run = run_newft("new", "desk", "--kit", "./team", *QUICK, cwd=folder)
    assert not (folder / "desk").exists() or run.returncode == 0
    return " ".join(run.stderr.split()) if run.returncode else ""


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("config/policy.yaml", "families: []\n", "which no kit may write"),
        ("config/run.yaml", "method: {name: full}\n", "method.name is full"),
        ("_entry.jinja", None, "config/policy.yaml (policy/kit): it is not the policy of the kit"),
        ("Makefile", "policy:\n\ttrue\n", "its target `policy` must be newft's"),
        (
            "Makefile",
            "policy:\n\t$(RUN).policy --config $(CONFIG) $(ARGS)\n\npolicy:\n\ttrue\n",
            "its target `policy` must be newft's",
        ),
    ],
)
def test_a_child_kit_cannot_break_the_policy_of_its_base(
    tmp_path: Path, path: str, content: str | None, fault: str
) -> None:
    if content is None:
        text = ENTRY.read_text("utf-8")
        assert "{% macro list_values(key, items) %}" in text
        content = text + "{% macro list_values(key, items) %}{{ key }}: []{% endmacro %}\n"
    said = new(tmp_path, **{f"overlay/project/{path}": content})
    assert fault in said
    assert "Team" in said or "no kit may write" in said


def test_an_update_cannot_break_the_policy_either(tmp_path: Path) -> None:
    assert new(tmp_path, **{"overlay/project/docs/a.md": "x"}) != ""  # replaces what is not there
    write_files(tmp_path / "team", {"kit.yaml": CHILD})
    run = run_newft("new", "desk", "--kit", "./team", *QUICK, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    bad = {"overlay/project/config/run.yaml": "method: {name: full}\n"}
    write_files(tmp_path / "team", {"kit.yaml": f"{CHILD}replaces: [config/run.yaml]\n", **bad})
    run = run_newft("update", "desk", "--yes", cwd=tmp_path)
    assert run.returncode == 1
    said = " ".join(run.stderr.split())
    assert "break the policy of the kit `Team`" in said
    assert "config/run.yaml:1 (kit team" in said
    assert "method.name is full; the starter kit locks it to lora" in said


def test_a_kit_may_require_a_file_that_the_team_writes(tmp_path: Path) -> None:
    write_kit(
        tmp_path / "team", "title: Team\npolicy: {required_files: [MODEL_CARD.md, README.md]}\n"
    )
    run = run_newft(
        "new", "desk", "--kit", "./team", *QUICK, "--domain", "customer_service", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    behind = run_newft("status", "desk", cwd=tmp_path)
    assert behind.returncode == 3 and "MODEL_CARD.md" in behind.stdout
    (tmp_path / "desk/MODEL_CARD.md").write_text("# Model\n", encoding="utf-8")
    assert run_newft("status", "desk", cwd=tmp_path).returncode == 0
