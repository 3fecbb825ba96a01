"""`newft new --kit` and `newft update` with a copier template in a git repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.copier_templates import TEMPLATES
from support.files import read_contents
from support.git_repository import GitRepository
from support.run_newft import run_newft

SMALL = ("--domain", "customer_service", "--gpu", "cpu", "--model", "embedded", "--yes")


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """The template with every type of question, in a repository."""
    made = GitRepository(tmp_path_factory.mktemp("origin") / "release-form")
    source = TEMPLATES / "release_form"
    made.commit(read_contents(source), tag="v1.0.0")
    return made


@pytest.fixture(scope="module")
def project(form: GitRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the template, with a secret."""
    home = tmp_path_factory.mktemp("made")
    done = run_newft(
        *("new", "desk", "--kit", f"{form.url}@v1.0.0", *SMALL),
        *("--set", "kit.answers.ticket=CHG-7", "--set", "kit.answers.token=s3cret-token"),
        *("--set", "kit.answers.environment=production", "--set", "kit.answers.regions=[us, ap]"),
        *("--trust-kit", form.git("rev-parse", "HEAD"), "--json"),
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    assert "s3cret-token" not in done.stdout + done.stderr
    assert "release/release.yml" in json.loads(done.stdout)["files"]
    return home / "desk"


@pytest.fixture
def desk(project: Path, tmp_path: Path) -> Path:
    """A copy of the project."""
    return Path(shutil.copytree(project, tmp_path / "desk"))


def test_the_answers_of_the_template_are_recorded_without_secrets(desk: Path) -> None:
    files = read_contents(desk)
    answers = files[".newft/answers.yml"].decode()
    assert "ticket: CHG-7" in answers and "- us" in answers and "token" not in answers
    assert [path for path, content in files.items() if b"s3cret-token" in content] == [
        "release/registry.env"
    ]
    assert b'regions: ["ap", "us"]' in files["release/release.yml"]


def test_every_question_without_an_answer_is_named(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    (kit / "copier.yml").write_text(
        "team: {type: str}\nsite: {choices: [a, b]}\nnote: {type: str, default: x}\n",
        encoding="utf-8",
    )
    done = run_newft("new", "desk", "--kit", str(kit), *SMALL, cwd=tmp_path)
    assert done.returncode == 2
    assert "--set kit.answers.team=VALUE --set kit.answers.site=a|b" in done.stderr
    assert not (tmp_path / "desk").exists()


def test_the_tasks_of_a_template_are_said_and_not_run(tmp_path: Path) -> None:
    done = run_newft(
        *("new", "desk", "--kit", str(TEMPLATES / "python_service"), *SMALL), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "Register desk in the service catalogue." in said
    assert "git init" in said and not (tmp_path / "desk/.git").exists()
