"""The policy of the starter kit: this project keeps to it, and what breaks it is found."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest
import yaml

from package_name import policy
from package_name.config import Config
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill
from package_name.runtime.policy_rules import (
    POLICY_FILE,
    find_policy_faults,
)

PROJECT = Path(__file__).parents[1]
CHECKED_FOLDERS = ("config", ".newft")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the policy is compared with, in a folder of its own."""
    for name in CHECKED_FOLDERS:
        shutil.copytree(PROJECT / name, tmp_path / name)
    for name in yaml.safe_load((PROJECT / POLICY_FILE).read_text(encoding="utf-8"))[
        "required_files"
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_this_project_keeps_to_its_policy() -> None:
    assert find_policy_faults(PROJECT) == []


def test_the_command_says_what_the_policy_is(
    project: Path, run_yaml: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.main(run_yaml, Namespace())
    assert POLICY_FILE in capsys.readouterr().out


def test_an_edited_policy_is_reported(project: Path, run_yaml: Config) -> None:
    with (project / POLICY_FILE).open("a", encoding="utf-8") as file:
        file.write("# also allowed\n")
    with pytest.raises(ProjectError) as caught:
        policy.main(run_yaml, Namespace())
    assert POLICY_FILE in caught.value.message
    assert caught.value.hint == fill(policy.HINT)


def test_a_value_that_is_not_allowed_is_reported_with_its_line(project: Path) -> None:
    (project / "config" / "other.yaml").write_text(
        "# a run of its own\nmethod:\n  name: none\nmodel:\n  id: no/model\n  license: none\n",
        encoding="utf-8",
    )
    rules = yaml.safe_load((project / POLICY_FILE).read_text(encoding="utf-8"))
    expected = {
        "config/other.yaml:3": bool(rules["methods"]) or locks(rules, "method.name"),
        "config/other.yaml:5": bool(rules["models"]) or locks(rules, "model.id"),
        "config/other.yaml:6": bool(rules["licenses"]),
    }
    found = {fault.place for fault in find_policy_faults(project)}
    assert found == {place for place, is_wrong in expected.items() if is_wrong}


def locks(rules: dict[str, list[dict[str, str]]], key: str) -> bool:
    return any(lock["run_key"] == key for lock in rules["locked"])
