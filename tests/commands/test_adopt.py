"""`newft adopt`: projects that lost their `.newft/`, edited ones, and ones made by others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from newft.answers.keys import AnswerValue
from newft.project.snapshot import (
    ANSWERS_FILE,
    FACTS_FILE,
    FORMER_SNAPSHOT_FILE,
    RENDERED_BY_FILE,
    SNAPSHOT_FILE,
    read_snapshot,
)
from newft.project.tree_archive import pack_tree, read_archive
from newft.schema.family import GENERIC_FAMILY
from newft.schema.tree import TreeFile
from support.copier_templates import TEMPLATES
from support.files import read_contents
from support.generate_project import generate
from support.git_repository import GitRepository
from support.kit_folders import write_kit
from support.model_folder import OLMO2_7B, write_model_folder
from support.run_newft import run_newft
from support.terminal import BACK, ENTER, Terminal

pytestmark = pytest.mark.slow

SAMPLE: Mapping[str, AnswerValue] = {"data.files": (), "gpu": "cpu"}
TICKETS = "message,reason\n" + "".join(
    f"{words} {color} {thing},{label}\n"
    for label, words in (("refund", "money back for my"), ("parcel", "where is the"))
    for color in ("amber", "black", "coral", "denim", "ebony", "frost")
    for thing in ("coat", "lamp", "desk", "sofa", "vase", "rug")
)
# Answers of projects whose own files say all that adopting them needs to know.
PROJECTS: dict[str, Mapping[str, AnswerValue]] = {
    "sample": {**SAMPLE, "language": "en", "name": "desk"},
    "chinese": {
        **SAMPLE,
        **{"domain": "legal", "task": "charge", "language": "zh", "name": "desk", "ci": "gitlab"},
    },
    "risk": {
        **SAMPLE,
        **{"domain": "credit_risk", "task": "risk", "language": "en", "name": "Loan desk"},
        "method": "full",
    },
    "accelerator": {
        **{"data.files": (), "language": "en", "name": "desk", "gpu": "2xV100-32GB"},
        **{"model": "Qwen/Qwen3-4B", "hub": "modelscope", "exports": ("none",)},
    },
    "trained elsewhere": {
        **{"data.files": (), "language": "zh", "name": "desk", "gpu": "2xA100-80GB"},
        "model": "baichuan-inc/Baichuan2-7B-Chat",
    },
}


@pytest.fixture(scope="module", params=PROJECTS)
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param) / "project"
    generate(PROJECTS[request.param], folder)
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    generate(PROJECTS["sample"], folder)
    return folder


@pytest.fixture
def project(desk: Path, tmp_path: Path) -> Path:
    """A project of newft without its `.newft/`."""
    folder = Path(shutil.copytree(desk, tmp_path / "desk"))
    shutil.rmtree(folder / ".newft")
    return folder


def adopt(project: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """What `newft adopt --json` says of a project."""
    done = run_newft("adopt", project.name, "--yes", "--json", *words, cwd=project.parent)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout)) if code == 0 else {"error": done.stderr}


def test_a_project_that_lost_its_metadata_gets_the_same_again(
    generated: Path, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(generated, tmp_path / "project"))
    shutil.rmtree(project / ".newft")
    report = adopt(project)
    assert report["edited"] == report["missing"] == []
    assert report["share"] == 1
    for path in (ANSWERS_FILE, FACTS_FILE):
        assert (project / path).read_text() == (generated / path).read_text()
    assert (project / SNAPSHOT_FILE).read_bytes() == (generated / SNAPSHOT_FILE).read_bytes()


def test_a_model_of_no_family_is_found_by_its_files(tmp_path: Path) -> None:
    model = write_model_folder(tmp_path / "olmo", OLMO2_7B)
    own = {"language": "en", "name": "desk", "gpu": "A100-80GB", "model": str(model)}
    generate({"data.files": (), **own, "exports": ("none",)}, tmp_path / "project")
    shutil.rmtree(tmp_path / "project/.newft")
    report = adopt(tmp_path / "project")
    assert report["answers"]["family"]["value"] == GENERIC_FAMILY
    assert report["share"] == 1


def test_a_lost_snapshot_alone_is_made_from_the_recorded_answers_and_facts(
    desk: Path, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(desk, tmp_path / "desk"))
    (project / SNAPSHOT_FILE).write_bytes(b"half")
    shutil.rmtree(project / "data")  # as in a fresh clone
    report = adopt(project)
    assert {one["source"] for one in report["answers"].values()} == {ANSWERS_FILE, FACTS_FILE}
    assert (project / SNAPSHOT_FILE).read_bytes() == (desk / SNAPSHOT_FILE).read_bytes()


@pytest.mark.parametrize("name", [SNAPSHOT_FILE, FORMER_SNAPSHOT_FILE])
def test_the_tree_in_a_snapshot_of_an_earlier_newft_is_kept(
    desk: Path, tmp_path: Path, name: str
) -> None:
    project = Path(shutil.copytree(desk, tmp_path / "desk"))
    snapshot = read_snapshot(project)
    older = {**snapshot.tree, "tests/older.py": TreeFile(b"# removed since\n")}
    older["README.md"] = TreeFile(b"# desk\n\nAn older text.\n")
    (project / SNAPSHOT_FILE).unlink()
    (project / name).write_bytes(pack_tree(older))
    (project / "tests/older.py").write_bytes(b"# removed since\n")
    (project / "README.md").write_bytes(b"# desk\n\nAn older text.\n")
    report = adopt(project)
    assert (report["snapshot"], report["edited"], report["missing"]) == ("kept", [], [])
    assert read_snapshot(project).tree == older
    assert not (project / FORMER_SNAPSHOT_FILE).exists()
    assert run_newft("status", cwd=project).returncode == 3
    assert run_newft("update", "--yes", cwd=project).returncode == 0
    assert (project / "README.md").read_bytes() == (desk / "README.md").read_bytes()
    assert not (project / "tests/older.py").exists()


def test_differences_become_edits_of_the_team(project: Path) -> None:
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "our notes\n")
    (project / "Makefile").unlink()
    (project / "src/desk/ours.py").write_text("OURS = 1\n")
    before = read_contents(project)
    report = adopt(project)
    assert (report["edited"], report["missing"]) == (["README.md"], ["Makefile"])
    assert report["missing_are"] == "deleted"
    after = read_contents(project)
    assert {path for path in after if after[path] != before.get(path)} == {
        path for path in after if path.startswith(".newft/")
    }
    status = json.loads(run_newft("status", "--json", cwd=project).stdout)["projects"][0]
    assert status["needs"] == []
    assert status["edited"] == ["README.md"]
    assert status["deleted"] == ["Makefile"]
    assert status["added"] == ["src/desk/ours.py"]


def test_an_adopted_project_updates_and_keeps_its_edits(project: Path) -> None:
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "our notes\n")
    adopt(project)
    done = run_newft("update", "desk", "--yes", "--set", "ci=github", cwd=project.parent)
    assert done.returncode == 0, done.stderr
    assert (project / ".github/workflows/ci.yml").is_file()
    assert readme.read_text().endswith("our notes\n")
    assert "## Checks of every change" in readme.read_text()


def make_by_hand(folder: Path) -> Path:
    """A project of another origin, with records that newft can read."""
    (folder / "src/helper").mkdir(parents=True)
    (folder / "data/raw").mkdir(parents=True)
    (folder / "README.md").write_text("# Help desk\n\nOur own notes.\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "helper"\nversion = "1"\n')
    (folder / "src/helper/__init__.py").write_text("")
    (folder / "data/raw/tickets.csv").write_text(TICKETS)
    return folder


def test_of_a_project_made_by_hand_only_the_files_that_it_has_are_in_the_snapshot(
    tmp_path: Path,
) -> None:
    project = make_by_hand(tmp_path / "helper")
    task = ("--set", "domain=customer_service", "--set", "task=intent")
    report = adopt(project, *task, "--set", "gpu=cpu")
    assert report["answers"]["name"]["value"] == "helper"  # its package is there
    assert report["missing_are"] == "left out"
    assert "Makefile" in report["missing"]
    tree = read_snapshot(project).tree
    assert {*tree} == {"README.md", "pyproject.toml", "src/helper/__init__.py"}
    answers = (project / ANSWERS_FILE).read_text()
    assert "data/raw/tickets.csv" in answers
    assert str(tmp_path) not in answers + (project / FACTS_FILE).read_text()
    done = run_newft("update", "helper", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (project / "Makefile").is_file()
    assert (project / "README.md").read_text() == "# Help desk\n\nOur own notes.\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copier template of a company, in a repository with a version."""
    folder = tmp_path_factory.mktemp("template") / "service"
    shutil.copytree(TEMPLATES / "python_service", folder)
    GitRepository(folder).commit({}, tag="v1.0.0")
    return folder


def test_a_project_of_a_copier_template_keeps_the_template_as_its_kit(
    template: Path, tmp_path: Path
) -> None:
    words = ("--trust", "--defaults", "--skip-tasks", "--quiet", "-d", "project_name=Help Desk")
    command = ["-m", "copier", "copy", *words, "-d", "docker=false", str(template), "desk"]
    subprocess.run([sys.executable, *command], cwd=tmp_path, check=True, capture_output=True)
    project = tmp_path / "desk"
    (project / "data/raw").mkdir(parents=True)
    (project / "data/raw/tickets.csv").write_text(TICKETS)
    task = ("--set", "domain=customer_service", "--set", "task=intent", "--set", "gpu=cpu")
    report = adopt(project, *task)
    answers = {key: one["value"] for key, one in report["answers"].items()}
    assert answers["name"] == "Help Desk"
    assert (answers["kit.source"], answers["kit.revision"]) == (str(template), "v1.0.0")
    assert answers["kit.answers.docker"] == "no"
    assert "service/help_desk_api.py" in report["same"]
    assert report["missing_are"] == "left out"
    status = json.loads(run_newft("status", "desk", "--json", cwd=tmp_path).stdout)["projects"][0]
    assert (status["needs"], status["edited"]) == (["update"], report["edited"])


@pytest.mark.slow
def test_a_project_that_was_rendered_with_a_kit_gets_the_same_again(
    template: Path, tmp_path: Path
) -> None:
    commit = GitRepository(template).git("rev-parse", "HEAD")
    kit = ("--kit", f"{template}@v1.0.0", "--set", "kit.answers.team=cards")
    done = run_newft(
        "new", "desk", "--yes", "--gpu", "cpu", *kit, "--trust-kit", commit, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    project = tmp_path / "desk"
    before = read_contents(project)
    shutil.rmtree(project / ".newft")
    adopt(project)
    assert read_contents(project) == before


def test_a_kit_in_a_folder_is_recorded_by_its_path_from_the_project(
    project: Path, tmp_path: Path
) -> None:
    write_kit(tmp_path / "house", "title: House\npresets: {method: lora}\n")
    report = adopt(project, "--kit", "./house")
    assert report["answers"]["kit.source"]["value"] == "../house"
    assert report["missing"] == []
    assert (project / ".newft/kit.tar").is_file()
    assert run_newft("status", cwd=project).returncode == 0


def test_a_kit_that_only_the_policy_names_is_asked_for(project: Path) -> None:
    policy = "kit:\n  id: bank\n  version: '1.2'\n  commit: 1234567\n  tree:\nmethods: [lora]\n"
    (project / "config/policy.yaml").write_text(policy, encoding="utf-8")
    (project / "HANDOVER.md").write_text("ours\n")
    for language, text in (("en", "the starter kit `bank` 1.2"), ("zh", "起步套件 `bank` 1.2")):
        said = adopt(project, "--lang", language, code=1)["error"]
        assert text in said and "commit 1234567" in said and "config/policy.yaml" in said
        assert "@1234567" in said and "--kit none" in said
    assert not (project / ".newft").exists()
    assert adopt(project, "--kit", "none")["own"] == ["HANDOVER.md", "config/policy.yaml"]


def test_a_kit_that_cannot_be_found_is_named_with_the_file_that_names_it(project: Path) -> None:
    text = "_src_path: ../gone/service\n_commit: v1.0.0\nteam: cards\n"
    (project / ".copier-answers.yml").write_text(text)
    said = adopt(project, code=1)["error"]
    assert ".copier-answers.yml: _src_path" in said and "`../gone/service`" in said
    assert "--kit SOURCE" in said
    assert "kit.source" not in adopt(project, "--kit", "none")["answers"]


def test_a_project_whose_facts_have_a_machine_was_made_for_this_one(tmp_path: Path) -> None:
    made = run_newft("new", "auto", "--yes", "--model", "embedded", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    project = tmp_path / "auto"
    recorded = (project / ANSWERS_FILE).read_text()
    assert "gpu: auto" in recorded
    (project / ANSWERS_FILE).unlink()
    (project / SNAPSHOT_FILE).unlink()
    answers = adopt(project)["answers"]
    assert (answers["gpu"]["value"], answers["gpu"]["source"]) == (
        "auto",
        f"{FACTS_FILE}: facts.machine",
    )


def test_what_is_given_overrides_what_is_found(project: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("name: other desk\ntask: intent\n")
    report = adopt(project, "--answers", "answers.yml", "--set", "exports=llama_factory")
    answers = report["answers"]
    assert (answers["name"]["value"], answers["name"]["origin"]) == ("other desk", "given")
    assert answers["exports"]["value"] == ["llama_factory"]
    assert "src/other_desk/chat.py" in report["missing"]


def test_a_dry_run_shows_the_answers_and_writes_nothing(project: Path) -> None:
    before = read_contents(project)
    for language, word in (("en", "most alike"), ("zh", "最相似")):
        done = run_newft("adopt", "desk", "--dry-run", "--lang", language, cwd=project.parent)
        assert done.returncode == 0
        assert word in done.stderr
    assert read_contents(project) == before


@pytest.mark.parametrize("confirmed", [True, False])
def test_in_a_terminal_it_asks_before_it_writes(project: Path, confirmed: bool) -> None:
    before = read_contents(project)
    terminal = Terminal("adopt", "desk", cwd=project.parent, lang="en")
    terminal.process.expect("Write these answers")
    terminal.press(ENTER if confirmed else BACK)
    code, _ = terminal.end()
    assert code == (0 if confirmed else 130)
    assert (read_contents(project) == before) is not confirmed


class TestRefusals:
    def test_without_a_terminal_it_must_be_said_to_write(self, project: Path) -> None:
        done = run_newft("adopt", "desk", cwd=project.parent)
        assert done.returncode == 2
        assert "--yes" in done.stderr
        done = run_newft("adopt", "nowhere", cwd=project.parent)
        assert "no such folder" in done.stderr

    def test_a_project_with_a_snapshot_is_updated_instead(self, desk: Path) -> None:
        assert "newft update" in adopt(desk, code=1)["error"]

    def test_a_project_of_a_newer_newft_is_left_alone(self, desk: Path, tmp_path: Path) -> None:
        project = Path(shutil.copytree(desk, tmp_path / "desk"))
        files = read_archive(project / SNAPSHOT_FILE)
        rendered_by = files[RENDERED_BY_FILE].content.replace(b"newft: ", b"newft: 99")
        newer = pack_tree({**files, RENDERED_BY_FILE: TreeFile(rendered_by)})
        (project / SNAPSHOT_FILE).write_bytes(newer)
        assert "install newft 99" in adopt(project, code=1)["error"]
        assert (project / SNAPSHOT_FILE).read_bytes() == newer

    def test_a_path_without_a_folder(self, tmp_path: Path) -> None:
        assert "no such folder" in adopt(tmp_path / "nowhere", code=1)["error"]

    def test_metadata_behind_a_link(self, project: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (project / ".newft").symlink_to(tmp_path / "elsewhere")
        assert "`.newft` is a link" in adopt(project, code=1)["error"]

    @pytest.mark.parametrize("named", ["data/raw/gone.csv", "/etc/passwd", "../outside.csv"])
    def test_data_files_that_are_not_in_the_project_are_named(
        self, project: Path, named: str
    ) -> None:
        (project.parent / "outside.csv").write_text(TICKETS)
        settings = project / "config/run.yaml"
        text = settings.read_text().replace("data/raw/intent_en.csv", named, 1)
        settings.write_text(text)
        error = adopt(project, code=1)["error"]
        assert named in error
        assert "data.files=PATH" in error

    def test_a_project_without_records_needs_them_named(self, tmp_path: Path) -> None:
        project = make_by_hand(tmp_path / "helper")
        shutil.rmtree(project / "data")
        assert "data.files=PATH" in adopt(project, code=1)["error"]

    def test_hostile_files_are_data_and_nothing_is_followed(self, tmp_path: Path) -> None:
        project = make_by_hand(tmp_path / "helper")
        (project / "config").mkdir()
        (project / "config/run.yaml").write_text(
            "run: &a [*a]\nmodel: {source: embedded, id: '{{ 1 }}', revision: '\\0'}\n"
        )
        (project / ".copier-answers.yml").write_text("!!python/object/apply:os.system ['touch x']")
        (project / "pyproject.toml").write_text("[" * 5000)
        (project / "link").symlink_to("/")
        os.mkfifo(project / "Makefile")
        report = adopt(
            project, "--set", "domain=customer_service", "--set", "task=intent", "--dry-run"
        )
        assert report["answers"]["name"]["value"] == "helper"
        assert not (tmp_path / "x").exists()
