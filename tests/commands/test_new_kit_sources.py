"""`newft new --kit` with kits from git repositories: pinned, stored, confirmed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
import yaml

from newft.catalog.loader import load_catalog
from newft.kits.open_kit import open_kit
from newft.kits.vendor import load_stored_kits
from support.git_repository import GitRepository
from support.run_newft import run_newft
from support.terminal import CTRL_C, DOWN, ENTER, Terminal

pytestmark = pytest.mark.slow

QUICK = ("--yes", "--gpu", "cpu", "--domain", "customer_service", "--task", "intent")
MANIFEST = "title: {en: Bank, zh: 银行}\nextends: customer_service\nversion: '1.0'\n"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    repository = GitRepository(tmp_path_factory.mktemp("git") / "bank-kit")
    files = {"kit.yaml": MANIFEST, "overlay/project/deploy.sh": "#!/bin/sh\n"}
    repository.commit(files, tag="v1")
    repository.commit({"overlay/project/NOTE.md": "later\n"})
    return repository


def new(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_newft("new", "desk", *QUICK, *words, cwd=folder, **environment)


def read_kit(project: Path) -> dict[str, str]:
    answers = yaml.safe_load((project / ".newft/answers.yml").read_text(encoding="utf-8"))
    kit: dict[str, str] = answers["kit"]
    return kit


def test_a_kit_is_confirmed_pinned_and_stored(bank: GitRepository, tmp_path: Path) -> None:
    commit = bank.git("rev-parse", "v1")
    asked = new(tmp_path, "--kit", f"{bank.url}@v1")
    assert asked.returncode == 2
    assert "overlay/project/deploy.sh" in asked.stderr
    assert f"--trust-kit {commit}" in asked.stderr
    assert not (tmp_path / "desk").exists()
    done = new(tmp_path, "--kit", f"{bank.url}@v1", "--trust-kit", commit)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "desk"
    assert (project / "deploy.sh").read_text() == "#!/bin/sh\n"
    assert not (project / "NOTE.md").exists()
    tree = bank.git("rev-parse", "v1^{tree}")
    pin = {"source": bank.url, "revision": "v1", "commit": commit, "tree": tree}
    assert read_kit(project) == pin
    [stored] = load_stored_kits(project, tmp_path / "scratch")
    assert stored.pin._asdict() == pin
    shutil.rmtree(project)
    new(tmp_path, "--kit", f"{bank.url}@{commit}", "--trust-kit", commit[:7])
    assert read_kit(project) == pin | {"revision": commit}


def test_a_dry_run_needs_no_confirmation(bank: GitRepository, tmp_path: Path) -> None:
    done = new(tmp_path, "--kit", bank.url, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert "deploy.sh" in json.loads(done.stdout)["files"]
    assert not (tmp_path / "desk").exists()


def test_the_environment_names_the_kit_of_new_projects(bank: GitRepository, tmp_path: Path) -> None:
    done = new(tmp_path, "--dry-run", "--json", NEWFT_KIT=f"{bank.url}@main")
    assert {"deploy.sh", "NOTE.md"} <= {*json.loads(done.stdout)["files"]}
    none = new(tmp_path, "--dry-run", "--json", "--kit", "none", NEWFT_KIT=f"{bank.url}@main")
    assert "deploy.sh" not in json.loads(none.stdout)["files"]


def test_a_folder_is_shown_and_recorded_by_its_path_from_the_project(
    bank: GitRepository, tmp_path: Path
) -> None:
    shutil.copytree(bank.folder, tmp_path / "kit", ignore=shutil.ignore_patterns(".git"))
    done = new(tmp_path, "--kit", "./kit")
    assert done.returncode == 0, done.stderr
    assert "overlay/project/deploy.sh" in done.stderr
    pin = {"source": "../kit", "tree": bank.git("rev-parse", "main^{tree}")}
    assert read_kit(tmp_path / "desk") == pin
    [stored] = load_stored_kits(tmp_path / "desk", tmp_path / "scratch")
    assert stored.pin.source == "../kit"
    with open_kit({"kit.source": "../kit"}, load_catalog(), project=tmp_path / "desk") as opened:
        assert opened.answers == {f"kit.{key}": value for key, value in pin.items()}
        assert opened.notes == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("https://me:secret-word@127.0.0.1:9/kit.git", "cannot be reached"),
        ("file:///nowhere/kit.git", "there is no such repository"),
        ("./nowhere", "there is no such folder"),
    ],
)
def test_a_source_that_is_not_there_is_an_error_of_one_line(
    source: str, said: str, tmp_path: Path
) -> None:
    for language, words in (("en", said), ("zh", "")):
        done = new(tmp_path, "--kit", source, "--lang", language)
        assert done.returncode == 1
        assert words in done.stderr
        assert "secret-word" not in done.stderr
        assert "Traceback" not in done.stderr
        assert len([line for line in done.stderr.splitlines() if line.strip()]) <= 4
    assert not list(tmp_path.rglob("*.yml"))


def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "kit")
    names = ("latin\udce9", "\x1b[2J", "gpj.\u202eexe")
    repository.commit_tree({"kit.yaml": ("100644", b"x")} | dict.fromkeys(names, ("100644", b"x")))
    done = new(tmp_path, "--kit", f"{repository.url}@main")
    assert done.returncode == 1
    for shown in ("latin\\udce9", "\\x1b[2J", "gpj.\\u202eexe"):
        assert shown in done.stderr


def test_the_text_of_a_kit_is_inert_in_a_terminal(tmp_path: Path) -> None:
    evil = "\\u001b]0;owned\\u0007\\u001b[2J\\u202egpj[link=file:///etc]click[/link][bold]"
    manifest = (
        f'title: {{en: "{evil}", zh: "{evil}"}}\n'
        f'description: {{en: "{evil}", zh: "{evil}"}}\n'
        "extends: customer_service\n"
        f'locked: {{method: {{value: lora, why: {{en: "{evil}", zh: "{evil}"}}}}}}\n'
        f'questions: {{team: {{title: {{en: "{evil}", zh: "{evil}"}}, default: "{evil}"}}}}\n'
    )
    (tmp_path / "kit/overlay/project").mkdir(parents=True)
    (tmp_path / "kit/kit.yaml").write_text(manifest, encoding="utf-8")
    (tmp_path / "kit/overlay/project/[bold]x.sh").write_text("#!/bin/sh\n")
    for words in (("--explain",), ("--dry-run",), ("--method", "qlora"), ("--json", "--dry-run")):
        done = new(tmp_path, "--kit", "./kit", *words)
        shown = done.stdout + done.stderr
        assert "owned" in shown or done.returncode == 0
        for character in ("\x1b]", "\x1b[2J", "\u202e", "\x07"):
            assert character not in shown
        shutil.rmtree(tmp_path / "desk", ignore_errors=True)
    assert "[bold]x.sh" in new(tmp_path, "--kit", "./kit").stderr


def test_the_code_of_a_kit_is_confirmed_at_the_terminal(
    bank: GitRepository, tmp_path: Path
) -> None:
    words = ("new", "desk", "--kit", f"{bank.url}@v1", *QUICK[1:], "--language", "en")
    question = "Do you trust it"
    for keys, next_question in ((ENTER, None), (DOWN + ENTER, "Your records")):
        terminal = Terminal(*words, cwd=tmp_path, lang="en")
        terminal.process.expect(question)
        terminal.press(keys)
        if next_question:
            terminal.process.expect(next_question)
            terminal.press(CTRL_C)
        terminal.process.expect(pexpect.EOF)
        terminal.process.close()
        assert terminal.process.exitstatus == (130 if next_question else 1)
    assert not (tmp_path / "desk").exists()
    # confirmed once: nobody is asked again
    assert new(tmp_path, "--kit", f"{bank.url}@v1").returncode == 0


@pytest.mark.parametrize("where", [".", "elsewhere", "work"])
def test_a_relative_kit_of_another_project_begins_at_that_project(
    where: str, tmp_path: Path
) -> None:
    (tmp_path / "svc").mkdir()
    (tmp_path / "svc/kit.yaml").write_text(MANIFEST, encoding="utf-8")
    records = tmp_path / "work/old/.newft"
    records.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    kit = "kit: {source: ../../svc}\n"
    text = f"domain: customer_service\nmodel: embedded\ngpu: cpu\n{kit}"
    (records / "answers.yml").write_text(text, encoding="utf-8")
    (tmp_path / "work/plain.yml").write_text(text.replace("../../svc", "../svc"), encoding="utf-8")
    for file in (records / "answers.yml", tmp_path / "work/plain.yml"):
        shutil.rmtree(tmp_path / where / "desk", ignore_errors=True)
        path = os.path.relpath(file, tmp_path / where)
        done = run_newft("new", "desk", "--answers", path, cwd=tmp_path / where)
        assert done.returncode == 0, done.stderr
        source = read_kit(tmp_path / where / "desk")["source"]
        assert (tmp_path / where / "desk" / source).resolve() == tmp_path / "svc"


def test_a_relative_kit_that_is_not_there_is_named_with_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "old/.newft/answers.yml"
    file.parent.mkdir(parents=True)
    file.write_text("kit: {source: ../svc}\n", encoding="utf-8")
    done = run_newft("new", "desk", "--answers", "old/.newft/answers.yml", cwd=tmp_path)
    assert done.returncode == 2
    assert "old/.newft/answers.yml: kit.source" in done.stderr
    assert f"no folder `../svc`, seen from {tmp_path / 'old'}" in done.stderr
