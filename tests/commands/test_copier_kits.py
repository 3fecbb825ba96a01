"""`newft new --kit` and `newft update` with a copier template in a git repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from support.copier_templates import TEMPLATES
from support.files import read_contents
from support.git_repository import GitRepository
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

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


def test_all_answers_of_a_wrong_type_are_refused_at_once(tmp_path: Path) -> None:
    kit, secret = tmp_path / "kit", "hunter2"
    kit.mkdir()
    (kit / "copier.yml").write_text(
        "docker: true\nport: 80\nshare: 0.5\nlimits: {type: json, default: '{}'}\n"
        "region: {type: str, choices: [eu, us], default: eu}\n"
        "owners: {type: yaml, default: [a]}\npin: {type: int, secret: true, default: 0}\n",
        encoding="utf-8",
    )
    wrong = {"docker": "maybe", "port": "5.5", "share": "half", "limits": "{", "region": "mars"}
    wrong |= {"owners": "'[a: b: c'", "pin": secret}
    sets = [f"--set=kit.answers.{name}={value}" for name, value in wrong.items()]
    command = ("new", "desk", "--kit", str(kit), *SMALL, *sets)
    done = run_newft(*command, cwd=tmp_path)
    assert done.returncode == 2 and not (tmp_path / "desk").exists()
    for text in (
        "kit.answers.docker: `maybe` is neither yes nor no",
        "kit.answers.port: `5.5` is not a whole number",
        "kit.answers.share: `half` is not a number",
        "kit.answers.limits: `{` is not valid JSON: ",
        "kit.answers.region: `mars` is not one of: eu, us",
        "kit.answers.owners: `[a: b: c` is not valid YAML",
        "kit.answers.pin: the answer is not a whole number",
        "--set kit.answers.docker=yes|no",
        "--set kit.answers.region=eu|us",
    ):
        assert text in done.stderr, done.stderr
    assert secret not in done.stderr
    done = run_newft(*command, "--lang", "zh", cwd=tmp_path)
    assert "kit.answers.docker：`maybe` 既不是 yes 也不是 no" in done.stderr


def test_the_tasks_of_a_template_are_said_and_not_run(tmp_path: Path) -> None:
    done = run_newft(
        *("new", "desk", "--kit", str(TEMPLATES / "python_service"), *SMALL), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "Register desk in the service catalogue." in said
    assert "git init" in said and not (tmp_path / "desk/.git").exists()


def test_a_message_that_fails_does_not_undo_the_project(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    (kit / "copier.yml").write_text("_message_after_copy: '{{ a.b.c }}'\n", encoding="utf-8")
    done = run_newft("new", "desk", "--kit", str(kit), *SMALL, cwd=tmp_path)
    assert done.returncode == 0 and "copier.yml:1: _message_after_copy" in done.stderr
    assert (tmp_path / "desk/.newft/answers.yml").is_file()


# --- updates -------------------------------------------------------------------------------------

V1 = {
    "copier.yml": """\
team: {type: str, default: risk}
region: {type: str, choices: [eu, us], default: eu}
colour: {type: str, default: red}
token: {type: str, secret: true, default: none}
""",
    "ops/run.txt.jinja": "team {{ team }}\nregion {{ region }}\ncolour {{ colour }}\n"
    + "".join(f"step {number}\n" for number in range(20)),
    "ops/old.txt": "".join(f"line {number}\n" for number in range(20)),
    "ops/token.env.jinja": "TOKEN={{ token }}\n# to\n# be\n# kept\nURL=one\n",
    "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml -}}",
}
V2 = {
    **V1,
    "copier.yml": """\
team: {type: str, default: risk}
region: {type: str, choices: [eu, us], default: eu}
stage: {type: str, default: pilot}
token: {type: str, secret: true, default: none}
""",
    "ops/run.txt.jinja": V1["ops/run.txt.jinja"]
    .replace("colour {{ colour }}", "stage {{ stage }}")
    .replace("step 19", "step nineteen"),
    "ops/new.txt": V1["ops/old.txt"].replace("line 19", "line nineteen"),
    "ops/token.env.jinja": "TOKEN={{ token }}\n# to\n# be\n# kept\nURL=two\n",
}
del V2["ops/old.txt"]


class Origin:
    """A template in a repository, and a project of its first version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = GitRepository(folder / "origin")
        self.commit(V1)
        self.desk = folder / "desk"
        self.run("new", "desk", "--kit", self.repository.url, *SMALL, *self.trust, token="s3cret")

    @property
    def trust(self) -> tuple[str, str]:
        return "--trust-kit", self.repository.git("rev-parse", "HEAD")

    def commit(self, files: dict[str, str]) -> None:
        for path in self.repository.folder.rglob("*"):
            if path.is_file() and ".git" not in path.parts:
                path.unlink()
        self.repository.commit(files)

    def run(self, *words: str, code: int = 0, **answers: str) -> str:
        sets = [f"--set=kit.answers.{name}={value}" for name, value in answers.items()]
        done = run_newft(*words, *sets, cwd=self.folder)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.desk / path
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.desk / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    return Origin(tmp_path_factory.mktemp("first"))


@pytest.fixture
def origin(first_version: Origin, tmp_path: Path) -> Origin:
    """A copy of the template and of its project."""
    copied = object.__new__(Origin)
    copied.folder = Path(shutil.copytree(first_version.folder, tmp_path / "all"))
    copied.repository = GitRepository(copied.folder / "origin")
    copied.desk = copied.folder / "desk"
    copied.edit(".newft/answers.yml", first_version.repository.url, copied.repository.url)
    return copied


def test_an_update_merges_the_new_version_of_the_template(origin: Origin) -> None:
    origin.edit("ops/run.txt", "step 3\n", "step 3, twice\n")
    origin.edit("ops/old.txt", "line 2\n", "line two\n")
    origin.commit(V2)
    said = origin.run("update", "desk", "--yes", *origin.trust)
    run = origin.read("ops/run.txt")
    assert "stage pilot\n" in run and "step 3, twice\n" in run and "step nineteen\n" in run
    moved = origin.read("ops/new.txt")
    assert "line two\n" in moved and "line nineteen\n" in moved
    assert not (origin.desk / "ops/old.txt").exists()
    assert origin.read("ops/token.env") == "TOKEN=s3cret\n# to\n# be\n# kept\nURL=two\n"
    assert "kit.answers.token" not in said
    recorded = origin.read(".newft/answers.yml")
    assert "stage: pilot" in recorded and "colour" not in recorded and "token" not in recorded
    again = origin.run("update", "desk", "--yes", *origin.trust)
    assert "up to date" in again


def test_migrations_are_said_and_not_run(origin: Origin) -> None:
    config = "_migrations: [{version: v2, command: touch migrated}]\n" + V1["copier.yml"]
    origin.commit({**V1, "copier.yml": config, "ops/more.txt": "more\n"})
    said = origin.run("update", "desk", "--yes", *origin.trust)
    assert "migrations, which newft does not run" in said and "v2: touch migrated" in said
    assert not (origin.desk / "migrated").exists()


def test_an_answer_that_is_no_choice_any_more_is_refused_with_a_way_out(origin: Origin) -> None:
    changed = V1["copier.yml"].replace("[eu, us], default: eu", "[us, ap], default: us")
    origin.commit({**V1, "copier.yml": changed})
    said = origin.run("update", "desk", "--yes", *origin.trust, code=2)
    assert "kit.answers.region: `eu` is not one of: us, ap" in said
    assert "--set kit.answers.region=" in said
    origin.run("update", "desk", "--yes", *origin.trust, region="ap")
    assert "region ap\n" in origin.read("ops/run.txt")


def test_an_answer_of_a_wrong_type_is_refused_by_an_update(origin: Origin) -> None:
    changed = V1["copier.yml"] + "docker: true\n"
    origin.commit({**V1, "copier.yml": changed})
    said = origin.run("update", "desk", "--yes", *origin.trust, code=2, docker="maybe")
    assert "kit.answers.docker: `maybe` is neither yes nor no" in said


def test_a_secret_is_not_changed_by_an_update(origin: Origin) -> None:
    said = origin.run("update", "desk", "--yes", *origin.trust, code=2, token="other")
    assert "kit.answers.token" in said and "edit it there" in said
    assert "other" not in origin.read("ops/token.env")


def test_a_new_question_without_a_default_is_asked_for(origin: Origin) -> None:
    before = read_contents(origin.desk)
    origin.commit({**V1, "copier.yml": V1["copier.yml"] + "owner: {type: str}\n"})
    said = origin.run("update", "desk", "--yes", *origin.trust, code=2)
    assert "--set kit.answers.owner=" in said
    assert read_contents(origin.desk) == before
    origin.run("update", "desk", "--yes", *origin.trust, owner="ann")
    assert "owner: ann" in origin.read(".newft/answers.yml")
    assert "owner: ann" in origin.read(".copier-answers.yml")


def test_an_answer_changes_through_the_same_merge(origin: Origin) -> None:
    origin.edit("ops/run.txt", "step 7\n", "step seven\n")
    origin.run("update", "desk", "--yes", *origin.trust, team="cards")
    run = origin.read("ops/run.txt")
    assert "team cards\n" in run and "step seven\n" in run


def test_a_clone_updates_without_the_template(tmp_path: Path) -> None:
    origin = Origin(tmp_path)
    shutil.rmtree(origin.repository.folder)
    recorded = yaml.safe_load((tmp_path / "desk/.newft/answers.yml").read_text(encoding="utf-8"))
    trusted = ("--trust-kit", recorded["kit"]["tree"])
    said = origin.run("update", "desk", "--yes", *trusted, team="cards")
    assert "the copy in .newft/kit.tar is used" in said
    assert "team cards\n" in origin.read("ops/run.txt")


@pytest.mark.parametrize("kind", ["folder", "git", "copier", "copier in git"])
def test_an_update_right_after_new_changes_nothing(tmp_path: Path, kind: str) -> None:
    made = GitRepository(tmp_path / "kit")
    files = {"kit.yaml": "title: Kit\n", "overlay/project/docs/kit.md": "kit\n"}
    if kind.startswith("copier"):
        files = {**V1, "src.txt.jinja": "{{ _copier_conf.src_path }}\n"}
    trust = ("--trust-kit", made.commit(files, tag="v1.0"))
    source = made.url if kind.endswith("git") else "./kit"
    done = run_newft("new", "desk", "--kit", source, *SMALL, *trust, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    before = read_contents(tmp_path / "desk")
    done = run_newft("update", "desk", "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["updated"] == report["merged"] == report["conflicts"] == [], report
    assert run_newft("update", "desk", "--yes", cwd=tmp_path).returncode == 0
    assert read_contents(tmp_path / "desk") == before


def test_files_that_the_template_leaves_to_the_project_are_left(tmp_path: Path) -> None:
    made = GitRepository(tmp_path / "kit")
    config = (
        "owner: {type: str, default: risk}\n_skip_if_exists: ['notes/{{ owner }}.md', new.md]\n"
    )
    files = {"copier.yml": config, "notes/risk.md": "one\n", "notes/other.md": "one\n"}
    trust = ("--trust-kit", made.commit(files))
    done = run_newft("new", "desk", "--kit", made.url, *SMALL, *trust, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    desk = tmp_path / "desk"
    (desk / "notes/risk.md").write_text("ours\n")
    (desk / "new.md").write_text("ours too\n")
    later = {"notes/risk.md": "two\n", "notes/other.md": "two\n", "new.md": "two\n"}
    trust = ("--trust-kit", made.commit(later))
    done = run_newft("update", "desk", "--yes", "--json", *trust, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["skipped"] == ["new.md", "notes/risk.md"]
    assert report["conflicts"] == []
    texts = [(desk / path).read_text() for path in ("notes/risk.md", "new.md", "notes/other.md")]
    assert texts == ["ours\n", "ours too\n", "two\n"]
    again = run_newft("update", "desk", "--yes", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["skipped"] == []
