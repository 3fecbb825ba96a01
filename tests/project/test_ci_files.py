"""The files for the CI of GitHub and GitLab: valid, harmless, and true to the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from newft.answers.keys import find_answer_key
from newft.cli_parser import build_parser
from newft.schema.kit import Policy
from support.generate_project import generate, untidy
from support.run_newft import run_newft
from support.starter_kits import make_starter_kit

pytestmark = pytest.mark.slow

FILES = {"github": ".github/workflows/ci.yml", "gitlab": ".gitlab-ci.yml"}


@pytest.fixture(scope="module", params=sorted(FILES))
def ci(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def project(ci: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(ci) / "desk"
    language = "zh" if ci == "gitlab" else "en"
    generate({"data.files": (), "gpu": "cpu", "language": language, "ci": ci}, folder)
    return folder


def list_commands(ci: str, text: str) -> dict[str, list[str]]:
    """The commands of each job."""
    jobs: dict[str, Any] = yaml.safe_load(text)
    if ci == "gitlab":
        return {name: job["script"] for name, job in jobs.items() if "script" in job}
    return {
        name: [step["run"] for step in job["steps"] if "run" in step]
        for name, job in jobs["jobs"].items()
    }


def test_the_file_of_the_other_system_is_not_written(ci: str, project: Path) -> None:
    assert {name for name, path in FILES.items() if (project / path).exists()} == {ci}


def test_every_choice_but_none_has_a_file() -> None:
    entry = find_answer_key("ci")
    assert entry and entry.choices
    assert {*entry.choices} == {"none", *FILES}


def test_a_project_has_no_ci_files_unless_they_are_asked_for(tmp_path: Path) -> None:
    generate({"data.files": (), "gpu": "cpu", "language": "en"}, tmp_path / "desk")
    assert [path for path in FILES.values() if (tmp_path / "desk" / path).exists()] == []
    assert "NEWFT_PACKAGE" not in (tmp_path / "desk/README.md").read_text(encoding="utf-8")


def test_the_commands_are_targets_of_the_makefile_and_commands_of_newft(
    ci: str, project: Path
) -> None:
    commands = list_commands(ci, (project / FILES[ci]).read_text(encoding="utf-8"))
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    assert commands["test"] == ["make setup", "make lint", "make test"]
    for command in commands["test"]:
        assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)
    _, parsers = build_parser()
    words = [line.split() for line in commands["update"] if line.startswith("newft ")]
    assert ["newft", "status", "--fetch"] in [line[:3] for line in words]
    for _, command, *options in words:
        known = [name for action in parsers[command]._actions for name in action.option_strings]
        assert {*options} <= {*known}


@pytest.mark.parametrize("system", sorted(FILES))
def test_a_project_with_a_policy_checks_it_too(tmp_path: Path, system: str) -> None:
    kit = make_starter_kit(policy=Policy(methods=("lora",)))
    answers = {"data.files": (), "gpu": "cpu", "language": "en", "ci": system}
    generate(answers, tmp_path / "desk", kit)
    text = (tmp_path / "desk" / FILES[system]).read_text(encoding="utf-8")
    commands = ["make setup", "make lint", "make policy", "make test"]
    assert list_commands(system, text)["test"] == commands
    assert "`make policy`" in (tmp_path / "desk/README.md").read_text(encoding="utf-8")


def test_the_weekly_job_runs_on_a_schedule_alone_and_can_write_nothing(
    ci: str, project: Path
) -> None:
    text = (project / FILES[ci]).read_text(encoding="utf-8")
    read = yaml.safe_load(text)
    assert "secrets." not in text
    assert untidy(FILES[ci], text) == []
    if ci == "github":
        triggers = read[True]  # YAML 1.1 reads the key `on` as true
        assert {*triggers} == {"push", "pull_request", "workflow_dispatch", "schedule"}
        assert read["permissions"] == {"contents": "read"}
        assert "schedule" in read["jobs"]["update"]["if"]
        assert read["jobs"]["test"]["if"] == "github.event_name != 'schedule'"
    else:
        assert [rule["if"] for rule in read["update"]["rules"]] == [
            '$CI_PIPELINE_SOURCE == "schedule" && $NEWFT_PACKAGE'
        ]
        assert read["test"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE != "schedule"'}]


def test_actions_are_pinned_by_commit_and_keep_no_credentials(ci: str, project: Path) -> None:
    text = (project / FILES[ci]).read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert bool(used) == (ci == "github")
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")


def test_the_readme_says_what_runs_and_what_the_weekly_job_needs(ci: str, project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert FILES[ci] in readme
    assert "`NEWFT_PACKAGE`" in readme


def test_a_project_in_a_subfolder_is_told_where_its_ci_file_goes(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    words = ("--yes", "--gpu", "cpu", "--task", "intent")
    for service, path in (("github", ".github/workflows/ci.yml"), ("gitlab", ".gitlab-ci.yml")):
        done = run_newft("new", f"apps/{service}", "--ci", service, *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stderr.split())
        assert f"does not read apps/{service}/{path}" in said
    assert "copy it to .github/workflows/apps-github.yml" not in said
    place = tmp_path / "apps/github"
    assert (
        "does not read" not in run_newft("update", "--yes", cwd=place).stderr
    )  # nothing new to carry
    done = run_newft("update", "--dry-run", "--set", "ci=gitlab", cwd=place)
    assert "GitLab does not read apps/github/.gitlab-ci.yml" in " ".join(done.stderr.split())
    (place / ".git").mkdir()
    done = run_newft("update", "--dry-run", "--set", "ci=gitlab", cwd=place)
    assert "does not read" not in done.stderr
