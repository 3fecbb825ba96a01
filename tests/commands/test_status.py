"""`newft status`: what it says of projects, of broken and of hostile ones, and how it exits."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.project.snapshot import SNAPSHOT_FILE
from newft.project.tree_archive import pack_tree, read_archive
from newft.schema.kit import Policy
from newft.schema.tree import TreeFile
from support.generate_project import generate
from support.kit_folders import write_kit
from support.run_newft import run_newft
from support.small_project import change_rendered_by, shrink_project
from support.starter_kits import make_starter_kit

pytestmark = pytest.mark.slow

ANSWERS = {"data.files": (), "gpu": "cpu", "language": "en", "name": "desk"}
CONFLICT = "<<<<<<< before-update (this project)\nours\n=======\ntheirs\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    generate(ANSWERS, folder)
    return folder


@pytest.fixture
def project(desk: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(desk, tmp_path / "desk"))


def read_status(project: Path) -> tuple[int, dict[str, Any]]:
    """The exit code of one project, and its JSON object."""
    done = run_newft("status", project.name, "--json", cwd=project.parent)
    (status,) = json.loads(done.stdout)["projects"]
    return done.returncode, status


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_project_as_it_was_written_needs_nothing(project: Path) -> None:
    done = run_newft("status", cwd=project)
    assert done.returncode == 0
    assert "up to date" in done.stdout
    code, status = read_status(project)
    assert code == 0
    assert status["name"] == "desk"
    assert status["needs"] == status["edited"] == status["deleted"] == status["added"] == []
    assert status["kit"] is status["policy"] is status["error"] is None


def test_local_edits_are_named_and_are_nothing_to_do(project: Path) -> None:
    append(project / "README.md", "our notes\n")
    code_file = project / "src/desk/formatting.py"
    code_file.write_bytes(code_file.read_bytes()[::-1])  # of equal size
    (project / "Makefile").unlink()
    (project / "src/desk/ours.py").touch()
    (project / "data/raw/more.csv").touch()  # records, runs and caches are no edits
    (project / "runs").mkdir()
    (project / "runs/model.bin").touch()
    (project / "environment").mkdir()
    (project / "environment/pyvenv.cfg").touch()
    (project / "src/desk/__pycache__").mkdir()
    (project / "src/desk/__pycache__/a.pyc").touch()
    code, status = read_status(project)
    assert code == 0
    assert status["edited"] == ["README.md", "src/desk/formatting.py"]
    assert status["deleted"] == ["Makefile"]
    assert status["added"] == ["src/desk/ours.py"]
    line = run_newft("status", "desk", "desk", cwd=project.parent).stdout
    assert line.splitlines()[0].split("\t")[-2:] == ["~2 -1 +1", "up to date"]


@pytest.mark.parametrize(
    ("change", "need"),
    [
        (lambda project: change_rendered_by(project, templates="0" * 64), "update"),
        (lambda project: append(project / "README.md", CONFLICT), "conflicts"),
        (lambda project: append(project / ".newft/answers.yml", "exports: none\n"), "answers"),
        (lambda project: append(project / ".newft/answers.yml", CONFLICT), "files"),
        (lambda project: (project / ".newft/answers.yml").unlink(), "files"),
        (lambda project: replace_by_pipe(project / ".newft/answers.yml"), "files"),
    ],
)
def test_what_is_to_be_done_is_said_and_exits_with_3(
    project: Path, change: Callable[[Path], None], need: str
) -> None:
    change(project)
    code, status = read_status(project)
    assert (code, status["needs"]) == (3, [need])
    assert status["conflicts"] == (["README.md"] if need == "conflicts" else [])


def test_conflicts_are_found_in_moved_files_and_beside_others(project: Path) -> None:
    (project / "README.md").rename(project / "NOTES.md")
    append(project / "NOTES.md", CONFLICT)
    (project / "logo.png.after-update").write_bytes(b"new")
    code, status = read_status(project)
    assert (code, status["conflicts"]) == (3, ["NOTES.md", "logo.png.after-update"])


def test_an_update_ends_what_status_says_is_to_be_done(project: Path) -> None:
    change_rendered_by(project, templates="0" * 64)
    append(project / ".newft/answers.yml", "exports: llama_factory\n")
    assert read_status(project)[1]["needs"] == ["update", "answers"]
    said = run_newft("status", "desk", cwd=project.parent).stderr
    assert "without writing it:\n" in said and "newft update desk --dry-run\n" in said
    assert run_newft("update", "--yes", cwd=project).returncode == 0
    assert read_status(project)[1]["needs"] == []


def test_answers_in_another_layout_are_not_edited(project: Path) -> None:
    append(project / ".newft/answers.yml", "# ours\n")
    assert read_status(project)[0] == 0


def test_a_project_that_breaks_its_policy_is_named_with_the_rule(tmp_path: Path) -> None:
    kit = make_starter_kit(policy=Policy(required_files=("README.md",)))
    generate(ANSWERS, tmp_path / "desk", kit)
    assert read_status(tmp_path / "desk")[1]["policy"] == []
    (tmp_path / "desk/README.md").unlink()
    _, status = read_status(tmp_path / "desk")
    assert "policy" in status["needs"]
    assert status["policy"] == ["README.md: this file is missing, and the starter kit requires it"]


def test_a_kit_in_a_folder_is_compared_with_what_the_project_has_stored(tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "bank", "title: Bank\nextends: credit_risk\n")
    words = ("--yes", "--gpu", "cpu", "--kit", "./bank")
    for name in ("loans", "cards"):
        assert run_newft("new", name, *words, cwd=tmp_path).returncode == 0
    code, status = read_status(tmp_path / "loans")
    assert (code, status["needs"]) == (0, [])
    assert status["kit"]["behind"] is False
    (kit / "kit.yaml").write_text("title: Bank 2\nextends: credit_risk\n")
    found = json.loads(run_newft("status", "--json", cwd=tmp_path).stdout)["projects"]
    assert [one["needs"] for one in found] == [["kit"], ["kit"]]
    shutil.rmtree(kit)  # as on another machine
    code, status = read_status(tmp_path / "loans")
    assert (code, status["kit"]["behind"]) == (0, None)
    (tmp_path / "loans/.newft/kit.tar").unlink()
    assert "newft update" in run_newft("status", "loans", cwd=tmp_path).stdout


def break_archive(project: Path, size: int) -> None:
    archive = project / SNAPSHOT_FILE
    archive.write_bytes(archive.read_bytes()[:size])


def write_archive(project: Path, *members: tarfile.TarInfo) -> None:
    with tarfile.open(project / SNAPSHOT_FILE, "w") as tar:
        for member in members:
            tar.addfile(member)


def make_link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def replace_by_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def replace_metadata(project: Path, *, link: bool) -> None:
    shutil.rmtree(project / ".newft")
    if link:
        (project / ".newft").symlink_to("/etc")
    else:
        (project / ".newft").write_text("a file")


BROKEN: dict[str, Callable[[Path], None]] = {
    "no snapshot": lambda project: (project / SNAPSHOT_FILE).unlink(),
    "half a snapshot": lambda project: break_archive(project, 30_000),
    "an empty snapshot": lambda project: break_archive(project, 0),
    "a pipe": lambda project: replace_by_pipe(project / SNAPSHOT_FILE),
    "paths outside": lambda project: write_archive(project, tarfile.TarInfo("../outside")),
    "an absolute path": lambda project: write_archive(project, tarfile.TarInfo("/etc/outside")),
    "a link": lambda project: write_archive(project, make_link("README.md", "/etc/passwd")),
    "metadata is a file": lambda project: replace_metadata(project, link=False),
    "metadata is a link": lambda project: replace_metadata(project, link=True),
    "facts are a pipe": lambda project: replace_by_pipe(project / ".newft/facts.yml"),
    "facts are gone": lambda project: (project / ".newft/facts.yml").unlink(),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_project_is_a_line_with_the_reason(project: Path, fault: str) -> None:
    BROKEN[fault](project)
    done = run_newft("status", "desk", cwd=project.parent)
    assert done.returncode == 1
    code, status = read_status(project)
    assert (code, status["needs"]) == (1, ["unreadable"])
    assert status["error"]


@given(
    name=st.sampled_from([SNAPSHOT_FILE, ".newft/facts.yml", ".newft/answers.yml"]),
    place=st.floats(0, 1),
    piece=st.one_of(st.binary(max_size=8), st.sampled_from([b": [", b"\0" * 600, b"- x\n"])),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_metadata_is_never_a_crash(
    desk: Path, tmp_path: Path, name: str, place: float, piece: bytes
) -> None:
    project = tmp_path / "desk"
    if not project.exists():
        shrink_project(desk, project, ("README.md", "config/run.yaml"))
    content = (project / name).read_bytes()
    at = int(place * len(content))
    (project / name).write_bytes(content[:at] + piece + content[at + len(piece) :])
    try:
        assert read_status(project)[0] in (0, 1, 3)
    finally:
        (project / name).write_bytes(content)


@pytest.mark.parametrize("answers", [b"", b"x: 1\n", b"name: desk\n", b"- a\n", b"ci: [a]\n"])
def test_a_snapshot_with_other_answers_is_behind_or_a_line(
    desk: Path, tmp_path: Path, answers: bytes
) -> None:
    shrink_project(desk, tmp_path / "desk", ("README.md",))
    files = read_archive(tmp_path / "desk" / SNAPSHOT_FILE)
    changed = pack_tree({**files, ".newft/answers.yml": TreeFile(answers)})
    (tmp_path / "desk" / SNAPSHOT_FILE).write_bytes(changed)
    assert read_status(tmp_path / "desk")[0] in (1, 3)


def test_links_and_pipes_in_the_place_of_files_are_edits_and_never_opened(project: Path) -> None:
    replace_by_pipe(project / "README.md")
    (project / "Makefile").unlink()
    (project / "Makefile").symlink_to("/dev/zero")
    settings = [f"config/{path.name}" for path in (project / "config").iterdir()]
    shutil.rmtree(project / "config")
    (project / "config").symlink_to("/proc")
    deep = project / "src/deep"
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    code, status = read_status(project)
    assert code == 0
    assert status["edited"] == ["Makefile", "README.md", *sorted(settings)]


def test_a_folder_is_searched_one_level_deep_and_links_are_not_followed(
    project: Path, tmp_path: Path
) -> None:
    shutil.copytree(project, tmp_path / "group/inner")
    (tmp_path / "linked").symlink_to(project)
    (tmp_path / "notes").mkdir()
    found = json.loads(run_newft("status", "--json", cwd=tmp_path).stdout)["projects"]
    assert [Path(status["path"]).name for status in found] == ["desk"]
    assert "inner" in run_newft("status", "group", cwd=tmp_path).stdout


@pytest.mark.parametrize("path", ["nowhere", "notes", "file"])
def test_a_path_without_a_project_is_a_line_too(tmp_path: Path, path: str) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "file").touch()
    done = run_newft("status", path, "--lang", "zh", cwd=tmp_path)
    assert done.returncode == 1
    assert path in done.stdout


@pytest.mark.slow
def test_five_hundred_projects_are_five_hundred_lines(desk: Path, tmp_path: Path) -> None:
    kept = ("README.md", "Makefile", "config/run.yaml")
    shrink_project(desk, tmp_path / "small", kept)
    for number in range(500):
        shutil.copytree(tmp_path / "small", tmp_path / f"teams/desk-{number:03}")
    (tmp_path / "teams/desk-007/Makefile").unlink()
    (tmp_path / "teams/desk-008" / SNAPSHOT_FILE).write_bytes(b"")
    done = run_newft("status", "teams", cwd=tmp_path)
    assert done.returncode == 1
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == [f"teams/desk-{number:03}" for number in range(500)]
    assert lines[7][3] == "~0 -1 +0"
    assert {line[-1] for line in lines[9:]} == {"up to date"}
    assert "1 of 500" in done.stderr
